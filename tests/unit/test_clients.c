#include "server/clients.h"
#include "tests/unit/unit.h"

#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 16, SECOND = 1000000, MINUTE = 60 * SECOND, START = SECOND };

/* Connections, each with its other end. */
struct crowd {
    struct clients *clients;
    struct client *client[MOST];
    int own[MOST], other[MOST];
    int count;
};

static struct crowd crowd_of(int count)
{
    struct crowd crowd = {.clients = clients_new(MOST, MINUTE), .count = count};
    for (int i = 0; i < count; i++) {
        int pair[2];
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        crowd.own[i] = pair[0];
        crowd.other[i] = pair[1];
        /* Each a second after the one before. */
        crowd.client[i] = client_open(crowd.clients, pair[0], START + (uint64_t)i * SECOND);
    }
    return crowd;
}

static bool is_ended(const struct crowd *crowd, int i)
{
    char byte;
    return recv(crowd->other[i], &byte, 1, MSG_DONTWAIT) == 0;
}

static int count_ended(const struct crowd *crowd)
{
    int ended = 0;
    for (int i = 0; i < crowd->count; i++)
        ended += is_ended(crowd, i);
    return ended;
}

static void crowd_release(struct crowd *crowd)
{
    for (int i = 0; i < crowd->count; i++) {
        client_close(crowd->clients, crowd->client[i]);
        close(crowd->own[i]);
        close(crowd->other[i]);
    }
    clients_free(crowd->clients);
}

START_TEST(where_there_is_room_nobody_is_ended_before_his_time)
{
    struct crowd crowd = crowd_of(MOST * 3 / 4);
    clients_tend(crowd.clients, START + 30 * SECOND);
    ck_assert_int_eq(count_ended(&crowd), 0);
    clients_tend(crowd.clients, START + MINUTE + SECOND + 1);
    ck_assert_int_eq(count_ended(&crowd), 2);
    crowd_release(&crowd);
}
END_TEST

START_TEST(the_longest_silent_are_ended_first_and_once)
{
    struct crowd crowd = crowd_of(MOST);
    for (int again = 0; again < 3; again++)
        clients_tend(crowd.clients, START + 30 * SECOND);
    for (int i = 0; i < MOST; i++)
        ck_assert_int_eq(is_ended(&crowd, i), i < MOST / 2);
    crowd_release(&crowd);
}
END_TEST

START_TEST(who_has_just_come_is_let_alone)
{
    struct crowd crowd = crowd_of(MOST);
    clients_tend(crowd.clients, START + 3 * SECOND);
    ck_assert_int_eq(count_ended(&crowd), 3);
    crowd_release(&crowd);
}
END_TEST

START_TEST(who_is_served_or_was_of_late_stays)
{
    struct crowd crowd = crowd_of(MOST);
    for (int i = 0; i < MOST; i++) {
        client_is_served(crowd.client[i]);
        if (i >= 4)
            client_was_served(crowd.client[i], START + 30 * SECOND);
    }
    clients_tend(crowd.clients, START + 34 * SECOND);
    ck_assert_int_eq(count_ended(&crowd), 0);
    clients_tend(crowd.clients, START + 36 * SECOND);
    ck_assert_int_eq(count_ended(&crowd), MOST / 4);
    for (int i = 0; i < 4; i++)
        ck_assert(!is_ended(&crowd, i));
    crowd_release(&crowd);
}
END_TEST

START_TEST(the_silent_go_before_those_who_have_asked)
{
    struct crowd crowd = crowd_of(MOST);
    for (int i = 0; i < 4; i++)
        client_was_served(crowd.client[i], START + SECOND);
    clients_tend(crowd.clients, START + 50 * SECOND);
    for (int i = 0; i < MOST; i++)
        ck_assert_int_eq(is_ended(&crowd, i), i >= 4 && i < 4 + MOST / 2);
    crowd_release(&crowd);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("clients");
    tcase_add_test(tests, where_there_is_room_nobody_is_ended_before_his_time);
    tcase_add_test(tests, the_longest_silent_are_ended_first_and_once);
    tcase_add_test(tests, who_has_just_come_is_let_alone);
    tcase_add_test(tests, who_is_served_or_was_of_late_stays);
    tcase_add_test(tests, the_silent_go_before_those_who_have_asked);
    return run_case(tests, "clients");
}
