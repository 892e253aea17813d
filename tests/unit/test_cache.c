#include "server/cache.h"
#include "tests/unit/suite.h"

#include <pthread.h>
#include <stdlib.h>

/* What is kept here: a number, twice, so that a torn one shows. */
struct thing {
    struct cache_entry entry;
    uint64_t number, copy;
};

static int alive; /* atomic */

static void free_thing(struct cache_entry *entry)
{
    struct thing *thing = (struct thing *)entry;
    thing->number = 0;
    __atomic_sub_fetch(&alive, 1, __ATOMIC_RELAXED);
    free(thing);
}

static struct cache_id id_of(const struct cache *cache, uint64_t number)
{
    return cache_id(cache, &number, sizeof number);
}

static struct thing *new_thing(struct cache *cache, uint64_t number, size_t size)
{
    struct thing *thing = calloc(1, sizeof *thing);
    __atomic_add_fetch(&alive, 1, __ATOMIC_RELAXED);
    cache_entry_init(&thing->entry, id_of(cache, number), size, free_thing);
    thing->number = thing->copy = number;
    return thing;
}

static void keep(struct cache *cache, uint64_t number, size_t size)
{
    struct thing *thing = new_thing(cache, number, size);
    cache_keep(cache, &thing->entry);
    cache_release(&thing->entry);
}

static bool finds(struct cache *cache, uint64_t number)
{
    struct cache_entry *entry = cache_find(cache, id_of(cache, number));
    bool found = entry != NULL;
    cache_release(entry);
    return found;
}

START_TEST(what_is_kept_is_found)
{
    struct cache *cache = cache_new(1000);
    ck_assert(!finds(cache, 1));
    keep(cache, 1, 100);
    ck_assert(finds(cache, 1) && !finds(cache, 2));
    cache_free(cache);
    ck_assert_int_eq(alive, 0);
}
END_TEST

START_TEST(an_entry_outlives_its_place)
{
    struct cache *cache = cache_new(1000);
    struct thing *first;
    keep(cache, 1, 100);
    first = (struct thing *)cache_find(cache, id_of(cache, 1));
    keep(cache, 1, 200);
    ck_assert_uint_eq(cache_counts(cache).bytes, 200);
    ck_assert_uint_eq(cache_counts(cache).entries, 1);
    cache_free(cache);
    ck_assert_int_eq(alive, 1);
    ck_assert_uint_eq(first->number, 1);
    cache_release(&first->entry);
    ck_assert_int_eq(alive, 0);
}
END_TEST

START_TEST(bytes_are_bounded)
{
    struct cache *cache = cache_new(1000);
    for (uint64_t i = 1; i <= 500; i++) {
        keep(cache, i, 1 + i % 250);
        ck_assert_uint_le(cache_counts(cache).bytes, 1000);
        ck_assert_uint_eq(cache_counts(cache).entries, (unsigned)alive);
        ck_assert(finds(cache, i));
    }
    ck_assert_uint_gt(cache_counts(cache).evictions, 400);
    cache_free(cache);
    ck_assert_int_eq(alive, 0);
}
END_TEST

START_TEST(what_would_take_most_of_the_room_is_not_kept)
{
    struct cache *cache = cache_new(1000);
    keep(cache, 1, 250);
    keep(cache, 2, 251);
    ck_assert(finds(cache, 1) && !finds(cache, 2));
    cache_free(cache);
}
END_TEST

START_TEST(a_cache_of_no_bytes_keeps_nothing)
{
    struct cache *cache = cache_new(0);
    keep(cache, 1, 1);
    ck_assert(!finds(cache, 1));
    cache_free(cache);
    ck_assert_int_eq(alive, 0);
}
END_TEST

START_TEST(what_is_asked_for_stays_while_others_pass)
{
    struct cache *cache = cache_new(1000);
    keep(cache, 1, 100);
    for (uint64_t i = 2; i < 200; i++) {
        ck_assert_msg(finds(cache, 1), "gone when %d was kept", (int)i);
        keep(cache, i, 100);
    }
    cache_free(cache);
}
END_TEST

START_TEST(aliases_go_with_their_entry)
{
    struct cache *cache = cache_new(1000);
    struct thing *one = new_thing(cache, 1, 100), *two = new_thing(cache, 2, 100);
    cache_alias(cache, &one->entry, id_of(cache, 10)); /* not kept yet: nothing comes of it */
    ck_assert(!finds(cache, 10));
    cache_keep(cache, &one->entry);
    cache_keep(cache, &two->entry);
    for (uint64_t alias = 10; alias < 30; alias++) {
        cache_alias(cache, &one->entry, id_of(cache, alias));
        cache_alias(cache, &one->entry, id_of(cache, alias));
        ck_assert(finds(cache, alias));
    }
    ck_assert(!finds(cache, 10));
    ck_assert(finds(cache, 29) && finds(cache, 26));
    cache_alias(cache, &two->entry, id_of(cache, 29));
    keep(cache, 1, 100); /* in place of one */
    ck_assert(!finds(cache, 28) && finds(cache, 29) && finds(cache, 1));
    cache_release(&one->entry);
    cache_release(&two->entry);
    cache_free(cache);
    ck_assert_int_eq(alive, 0);
}
END_TEST

START_TEST(an_alias_never_hides_an_entry)
{
    struct cache *cache = cache_new(1000);
    struct thing *one = new_thing(cache, 1, 100);
    cache_keep(cache, &one->entry);
    keep(cache, 2, 100);
    cache_alias(cache, &one->entry, id_of(cache, 2));
    struct thing *found = (struct thing *)cache_find(cache, id_of(cache, 2));
    ck_assert_uint_eq(found->number, 2);
    cache_release(&found->entry);
    cache_release(&one->entry);
    cache_free(cache);
}
END_TEST

START_TEST(the_hottest_come_first)
{
    struct cache *cache = cache_new(100000);
    struct cache_entry *list[3];
    static const uint64_t expected[] = {7, 3, 9};
    for (uint64_t i = 1; i <= 20; i++)
        keep(cache, i, 10);
    ck_assert_uint_eq(cache_hottest(cache, list, 3), 0);
    for (int i = 0; i < 30; i++)
        ck_assert(finds(cache, 7) && (i % 2 || finds(cache, 3)) && (i % 3 || finds(cache, 9)));
    ck_assert(finds(cache, 1));
    ck_assert_uint_eq(cache_hottest(cache, list, 3), 3);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(((struct thing *)list[i])->number, expected[i]);
        cache_release(list[i]);
    }
    cache_free(cache);
    ck_assert_int_eq(alive, 0);
}
END_TEST

START_TEST(demand_is_inherited_and_fades)
{
    struct cache *cache = cache_new(100000);
    struct cache_entry *list[1];
    keep(cache, 1, 10);
    for (int i = 0; i < 4; i++)
        ck_assert(finds(cache, 1));
    for (int successors = 0; successors < 2; successors++) {
        keep(cache, 1, 10);
        cache_release(cache_peek(cache, id_of(cache, 1)));
        ck_assert_uint_eq(cache_hottest(cache, list, 1), 1);
        cache_release(list[0]);
    }
    keep(cache, 1, 10);
    ck_assert_uint_eq(cache_hottest(cache, list, 1), 0);
    cache_free(cache);
}
END_TEST

enum { THREADS = 6, STEPS = 20000, NUMBERS = 64 };

/* Finds, keeps and names at random; what is found is what was asked for, and whole. */
static void *stir(void *data)
{
    struct cache *cache = data;
    unsigned seed = (unsigned)(uintptr_t)&seed;
    for (int i = 0; i < STEPS; i++) {
        uint64_t number = 1 + (unsigned)rand_r(&seed) % NUMBERS;
        bool alias = rand_r(&seed) % 2;
        struct thing *thing = (struct thing *)cache_find(cache, id_of(cache, alias ? number + 1000 : number));
        cache_count(cache, thing != NULL);
        if (thing) {
            ck_assert_uint_eq(thing->number, number);
            ck_assert_uint_eq(thing->copy, number);
        } else {
            thing = new_thing(cache, number, 10 + number % 13);
            cache_keep(cache, &thing->entry);
            cache_alias(cache, &thing->entry, id_of(cache, number + 1000));
        }
        cache_release(&thing->entry);
    }
    return NULL;
}

START_TEST(threads_do_not_disturb_one_another)
{
    struct cache *cache = cache_new(400);
    struct cache_counts counts;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, stir, cache), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    counts = cache_counts(cache);
    ck_assert_uint_eq(counts.hits + counts.misses, THREADS * STEPS);
    ck_assert_uint_le(counts.bytes, 400);
    ck_assert_uint_eq(counts.entries, (unsigned)alive);
    ck_assert(counts.evictions > 0);
    cache_free(cache);
    ck_assert_int_eq(alive, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("cache");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, what_is_kept_is_found);
    tcase_add_test(tests, an_entry_outlives_its_place);
    tcase_add_test(tests, bytes_are_bounded);
    tcase_add_test(tests, what_would_take_most_of_the_room_is_not_kept);
    tcase_add_test(tests, a_cache_of_no_bytes_keeps_nothing);
    tcase_add_test(tests, what_is_asked_for_stays_while_others_pass);
    tcase_add_test(tests, aliases_go_with_their_entry);
    tcase_add_test(tests, an_alias_never_hides_an_entry);
    tcase_add_test(tests, the_hottest_come_first);
    tcase_add_test(tests, demand_is_inherited_and_fades);
    tcase_add_test(tests, threads_do_not_disturb_one_another);
    return run_case(tests, "cache");
}
