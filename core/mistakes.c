#include "core/mistakes.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void mistake_release(struct mistake *mistake)
{
    free(mistake->file);
    free(mistake->place);
    free(mistake->reason);
}

/* Where there is no memory for a list at all, it is this one, which takes none and has no room for more. */
static const struct mistake without_words;

static void free_list(struct mistakes *m)
{
    if (m->room)
        free(m->list);
}

void mistakes_release(struct mistakes *m)
{
    for (size_t i = 0; i < m->count; i++)
        mistake_release(&m->list[i]);
    free_list(m);
    memset(m, 0, sizeof *m);
}

static bool make_room(struct mistakes *m)
{
    size_t room = m->room ? m->room * 2 : 8;
    struct mistake *list;
    if (m->count < m->room)
        return true;
    list = realloc(m->room ? m->list : NULL, room * sizeof *list);
    if (!list && !m->count) {
        m->list = (struct mistake *)(uintptr_t)&without_words;
        m->count = 1;
    }
    if (!list)
        return false;
    if (m->count && !m->room)
        list[0] = without_words;
    m->list = list;
    m->room = room;
    return true;
}

/* Where memory is out a mistake may lose its words, but the first is always counted. */
bool mistakes_add(struct mistakes *m, const char *place, const char *format, ...)
{
    char reason[sizeof((struct error *)NULL)->message];
    va_list args;
    if (m->count == MISTAKES_MOST || !make_room(m))
        return false;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    m->list[m->count++] = (struct mistake){strdup(m->file ? m->file : ""), strdup(place), strdup(reason)};
    return false;
}

void mistakes_move(struct mistakes *to, struct mistakes *from)
{
    for (size_t i = 0; i < from->count; i++)
        if (to->count < MISTAKES_MOST && make_room(to))
            to->list[to->count++] = from->list[i];
        else
            mistake_release(&from->list[i]);
    free_list(from);
    *from = (struct mistakes){.file = from->file};
}

const char *mistakes_guess(const char *best, char *room, size_t size)
{
    *room = '\0';
    if (best)
        snprintf(room, size, "; did you mean '%s'?", best);
    return room;
}

void mistake_text(const struct mistake *mistake, char *text, size_t size)
{
    const char *file = mistake->file ? mistake->file : "", *place = mistake->place ? mistake->place : "";
    snprintf(text, size, "%s%s%s%s%s", file, *file ? ": " : "", place, *place ? ": " : "",
             mistake->reason ? mistake->reason : "out of memory");
}

void mistakes_error(const struct mistakes *m, struct error *err)
{
    char text[sizeof err->message];
    if (!m->count) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        return;
    }
    mistake_text(&m->list[0], text, sizeof text);
    error_set(err, ERROR_INVALID, "%s", text);
}
