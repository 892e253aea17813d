#include "loader/order_part.h"

#include <string.h>

void order_part_count(const struct row_counter *counter, uint16_t file, enum fate fate, uint32_t rows)
{
    if (rows && file != FROM_DATABASE && counter->add)
        counter->add(counter->context, file, fate, rows);
}

struct order_part order_part_first(const struct order_word *word)
{
    return (struct order_part){.file = word->file, .rows = word->counted, .digest = word->digest};
}

void order_part_settle(const struct order_said *s)
{
    struct order_part *part = s->part;
    enum fate fate = FATE_INSERT;
    bool same, known;
    if (part->file == FROM_DATABASE)
        return;
    known = s->memory->said && s->memory->said(s->memory->context, part->file, part->digest);
    if (part->known_before) {
        same = s->sort->same(s->before, s->values);
        if (!same && known)
            memcpy(s->values, s->before, s->sort->fields * sizeof *s->values);
        fate = same || known ? FATE_UNCHANGED : FATE_UPDATE;
    }
    order_part_count(s->counter, part->file, fate, part->rows);
    part->rows = 0;
    part->changed |= fate == FATE_UPDATE;
}

enum order_result order_part_replace(const struct order_said *s, const struct value *now, const struct order_word *word)
{
    struct order_part *part = s->part;
    order_part_settle(s);
    memcpy(s->before, s->values, s->sort->fields * sizeof *s->values);
    memcpy(s->values, now, s->sort->fields * sizeof *s->values);
    part->known_before = true;
    part->file = word->file;
    part->rows = word->counted;
    part->digest = word->digest;
    return s->sort->same(s->before, s->values) ? ORDER_SAME : ORDER_CHANGED;
}

enum order_result order_part_repeat(const struct order_said *s, const struct value *now, const struct order_word *word)
{
    if (s->part->file != word->file)
        return order_part_replace(s, now, word);
    if (!s->sort->same(s->values, now))
        return ORDER_DIFFERS;
    order_part_count(s->counter, word->file, FATE_UNCHANGED, word->counted);
    return ORDER_REPEATED;
}
