#include "server/question.h"

#include <stdlib.h>
#include <string.h>

static size_t room_of(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

/* Copies the text to *at, which moves behind it. */
static const char *put(char **at, const char *text)
{
    char *copy = *at;
    if (!text)
        return NULL;
    memcpy(copy, text, room_of(text));
    *at += room_of(text);
    return copy;
}

struct question *question_new(const char *kpi, enum format accepted, const struct raw_parameter *raw, size_t count)
{
    struct question *question;
    size_t size = sizeof *question + count * sizeof raw[0] + room_of(kpi);
    char *at;
    for (size_t i = 0; i < count; i++)
        size += room_of(raw[i].name) + room_of(raw[i].value);
    question = malloc(size);
    if (!question)
        return NULL;
    at = (char *)(question->parameters + count);
    question->references = 1;
    question->size = size;
    question->accepted = accepted;
    question->kpi = put(&at, kpi);
    question->count = count;
    for (size_t i = 0; i < count; i++) {
        question->parameters[i].name = put(&at, raw[i].name);
        question->parameters[i].value = put(&at, raw[i].value);
    }
    return question;
}

struct question *question_hold(struct question *question)
{
    __atomic_add_fetch(&question->references, 1, __ATOMIC_RELAXED);
    return question;
}

void question_release(struct question *question)
{
    if (question && __atomic_sub_fetch(&question->references, 1, __ATOMIC_ACQ_REL) == 0)
        free(question);
}
