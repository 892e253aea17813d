#include "server/stream.h"
#include "tests/unit/unit.h"

#include <pthread.h>

static struct stream *filled(void)
{
    static const char bytes[256 * 1024];
    struct stream *stream = stream_new(STREAM_ROOM);
    ck_assert_ptr_nonnull(stream);
    ck_assert(stream_write(stream, bytes, sizeof bytes));
    return stream;
}

START_TEST(writer_is_told_that_the_reader_has_closed)
{
    struct stream *stream = filled();
    stream_close(stream);
    ck_assert(!stream_write(stream, "x", 1));
    stream_end(stream, false);
}
END_TEST

START_TEST(writer_is_told_that_the_stream_is_broken)
{
    struct stream *stream = filled();
    stream_break(stream);
    ck_assert(!stream_write(stream, "x", 1));
    stream_close(stream);
    stream_end(stream, false);
}
END_TEST

/* The rate of a reader that nothing is known of does not matter: it takes nothing. */
static const size_t rates[] = {0, 1, 1 << 20};

START_TEST(reader_that_stands_still_is_given_up)
{
    struct stream *stream = filled();
    struct stream_reader reader;
    stream_set_pace(stream, &(struct stream_pace){1, rates[_i]});
    stream_describe_reader(stream, &reader);
    ck_assert(!reader.slow);
    ck_assert(!stream_write(stream, "x", 1));
    stream_describe_reader(stream, &reader);
    ck_assert(reader.slow);
    ck_assert_uint_eq(reader.taken, 0);
    stream_close(stream);
    stream_end(stream, false);
}
END_TEST

START_TEST(reader_that_has_closed_has_left)
{
    struct stream *stream = stream_new(STREAM_ROOM);
    ck_assert(!stream_has_left(stream));
    stream_close(stream);
    ck_assert(stream_has_left(stream));
    stream_end(stream, true);
}
END_TEST

START_TEST(ends_close_in_either_order)
{
    struct stream *stream = filled();
    stream_end(stream, true);
    stream_close(stream);
    stream = filled();
    stream_close(stream);
    stream_end(stream, true);
    stream_close(NULL);
}
END_TEST

static void *write_more(void *data)
{
    return stream_write(data, "x", 1) ? data : NULL;
}

/* What ends the waiting of a writer whose buffer is full. */
static void (*const ends_of_waiting[])(struct stream *stream) = {stream_close, stream_break};

START_TEST(writer_that_waits_is_woken)
{
    struct stream *stream = filled();
    pthread_t writer;
    void *result = stream;
    ck_assert_int_eq(pthread_create(&writer, NULL, write_more, stream), 0);
    ends_of_waiting[_i](stream);
    ck_assert_int_eq(pthread_join(writer, &result), 0);
    ck_assert_ptr_null(result);
    if (_i == 1)
        stream_close(stream);
    stream_end(stream, false);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("stream");
    tcase_add_test(tests, writer_is_told_that_the_reader_has_closed);
    tcase_add_test(tests, writer_is_told_that_the_stream_is_broken);
    tcase_add_loop_test(tests, reader_that_stands_still_is_given_up, 0, COUNT(rates));
    tcase_add_test(tests, reader_that_has_closed_has_left);
    tcase_add_test(tests, ends_close_in_either_order);
    tcase_add_loop_test(tests, writer_that_waits_is_woken, 0, COUNT(ends_of_waiting));
    return run_case(tests, "stream");
}
