#include "loader/arena.h"
#include "tests/unit/suite.h"
#include <stdint.h>
#include <stdlib.h>

START_TEST(pieces_do_not_overlap)
{
    enum { PIECES = 5000 };
    static struct text pieces[PIECES];
    struct arena arena = {0};
    char bytes[200];
    for (int i = 0; i < PIECES; i++) {
        memset(bytes, i & 127, sizeof bytes);
        pieces[i] = arena_copy(&arena, (struct text){bytes, (size_t)i % sizeof bytes});
    }
    for (int i = 0; i < PIECES; i++)
        for (size_t k = 0; k < pieces[i].n; k++)
            ck_assert_int_eq(pieces[i].bytes[k], i & 127);
    arena_release(&arena);
    ck_assert_uint_eq(arena.allocated, 0);
}
END_TEST

START_TEST(objects_are_aligned)
{
    struct arena arena = {0};
    for (int i = 0; i < 100; i++) {
        arena_bytes(&arena, 3);
        ck_assert_uint_eq((uintptr_t)arena_take(&arena, 24) % _Alignof(max_align_t), 0);
    }
    arena_release(&arena);
}
END_TEST

START_TEST(large_piece_gets_a_block_of_its_own)
{
    struct arena arena = {0};
    char *large;
    arena_bytes(&arena, 10);
    large = arena_bytes(&arena, 10 << 20);
    memset(large, 'x', 10 << 20);
    arena_reset(&arena);
    arena_bytes(&arena, 10);
    ck_assert_uint_lt(arena.allocated, 1 << 20);
    arena_release(&arena);
}
END_TEST

START_TEST(no_text_stays_no_text)
{
    struct arena arena = {0};
    ck_assert_ptr_null(arena_copy(&arena, (struct text){0}).bytes);
    ck_assert_ptr_null(arena_string(&arena, NULL));
    ck_assert_ptr_null(text_of(NULL).bytes);
    ck_assert(text_equal((struct text){0}, text_of("")));
    ck_assert(!text_equal(text_of("a"), text_of("ab")));
    arena_release(&arena);
}
END_TEST

START_TEST(items_grow_by_doubling)
{
    size_t room = 0;
    int *items = NULL;
    for (int i = 0; i < 1000; i++) {
        items = memory_grow(items, &room, (size_t)i + 1, sizeof *items);
        items[i] = i;
    }
    ck_assert_uint_eq(room, 1024);
    ck_assert_int_eq(items[999], 999);
    free(items);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("arena");
    tcase_add_test(tests, pieces_do_not_overlap);
    tcase_add_test(tests, objects_are_aligned);
    tcase_add_test(tests, large_piece_gets_a_block_of_its_own);
    tcase_add_test(tests, no_text_stays_no_text);
    tcase_add_test(tests, items_grow_by_doubling);
    return run_case(tests, "arena");
}
