#include "core/secret.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text, *shown, *overwritten;
} texts[] = {
    {"mongodb://u:SECRET@h/", "mongodb://…@h/", "mongodb://xxxxxxxx@h/"},
    {"mongodb://u:SEC/RE@T@h:1/db?x=SECRET", "mongodb://…@h:1/db?…", "mongodb://xxxxxxxxxx@h:1/db?xxxxxxxx"},
    {"mongodb://u:SEC?RET@h/", "mongodb://…@h/", "mongodb://xxxxxxxxx@h/"},
    {"--urt=mongodb://u:SECRET@h/", "--urt=mongodb://…@h/", "--urt=mongodb://xxxxxxxx@h/"},
    {"http://h/a.csv?token=SECRET", "http://h/a.csv?…", "http://h/a.csv?xxxxxxxxxxxx"},
    {"mongodb://@h/", "mongodb://@h/", "mongodb://@h/"},
    {"mongodb://h/", "mongodb://h/", "mongodb://h/"},
    {"u:SECRET@h:1", "…@h:1", "xxxxxxxx@h:1"},
    {"u:SEC@RET@h:27017/db?x=SECRET", "…@h:27017/db?…", "xxxxxxxxx@h:27017/db?xxxxxxxx"},
    {"--urt=u:SECRET@h", "--urt=…@h", "--urt=xxxxxxxx@h"},
    {"https:/u:SECRET@h/x.csv", "https:/…@h/x.csv", "https:/xxxxxxxx@h/x.csv"},
    {"https:/SECRET@h/x.csv", "https:/…@h/x.csv", "https:/xxxxxx@h/x.csv"},
    {"https:u:SECRET@h/x.csv", "…@h/x.csv", "xxxxxxxxxxxxxx@h/x.csv"},
    {"a/b:c@d.csv", "…@d.csv", "xxxxx@d.csv"},
    {"C:/orders@home.csv", "C:/orders@home.csv", "C:/orders@home.csv"},
    {"a:b/c@d.csv", "a:b/c@d.csv", "a:b/c@d.csv"},
    {"orders@home.csv", "orders@home.csv", "orders@home.csv"},
    {"", "", ""},
};

START_TEST(secrets_of_an_address_are_hidden_and_nothing_else)
{
    char shown[SECRET_SHOWN_ROOM], *copy = strdup(texts[_i].text);
    secret_shown(shown, texts[_i].text);
    ck_assert_str_eq(shown, texts[_i].shown);
    ck_assert_int_eq(secret_in_address(texts[_i].text), strcmp(texts[_i].text, texts[_i].shown) != 0);
    secret_overwrite(copy);
    ck_assert_str_eq(copy, texts[_i].overwritten);
    free(copy);
}
END_TEST

#define RANDOM "33zNxQ-dkV_1m0pTbLrWcHsE9aYuJ4fGoI7iK2eR5tS"

static const struct {
    const char *text, *shown;
} keys[] = {
    {("kpi_" RANDOM), "kpi_…"},
    {("X-API-Key: kpi_" RANDOM " kpi_" RANDOM), "X-API-Key: kpi_…"},
    {"kpi_kpi_" RANDOM, "kpi_kpi_…"},
    {"http://u:" RANDOM "@h/kpi_" RANDOM "?x", "http://…@h/kpi_…"},
    {("kpi_" RANDOM ".csv"), "kpi_…"},
    {("kpi_" RANDOM "x"), ("kpi_" RANDOM "x")}, /* no key has as many letters, nor as few */
    {"kpi_Ventes_des_magasins_de_Lyon_2024-01_a_12", "kpi_Ventes_des_magasins_de_Lyon_2024-01_a_12"},
    {"kpi_Export_Commandes_Magasins_Region_Nord_2024-01.csv", "kpi_Export_Commandes_Magasins_Region_Nord_2024-01.csv"},
    {"kpi_orders_of_the_shop_of_paris_and_of_the_one_of_lyon",
     "kpi_orders_of_the_shop_of_paris_and_of_the_one_of_lyon"},
    {"kpi_Paris", "kpi_Paris"},
};

START_TEST(keys_are_hidden)
{
    char shown[SECRET_SHOWN_ROOM];
    secret_shown(shown, keys[_i].text);
    ck_assert_str_eq(shown, keys[_i].shown);
    ck_assert_int_eq(secret_is_key(keys[_i].text), strcmp(keys[_i].text, keys[_i].shown) != 0);
}
END_TEST

static const struct {
    const char *text;
    bool is_path;
} paths[] = {
    {"../out:me@shop.csv", true},
    {"./u:p@h", true},
    {"/u:p@h", true},
    {"../A/12:30-*@shop.csv", true},
    {("./kpi_" RANDOM), true},
    {("kpi_" RANDOM), false},
    {"u:SECRET@h", false},
    {"//u:SECRET@h/x.csv", false},
    {".//u:SECRET@h/x.csv", false},
    {"./mongodb://u:SECRET@h", false},
    {".u:SECRET@h", false},
    {"...:SECRET@h", false},
    {"", false},
};

START_TEST(what_begins_as_a_path_is_one)
{
    ck_assert_int_eq(secret_is_path(paths[_i].text), paths[_i].is_path);
}
END_TEST

START_TEST(long_address_is_cut)
{
    static const char *const forms[] = {"mongodb://u:SECRET@%s/?SECRET", "%s://u:SECRET@h/", "mongodb://%s@h/", "%s",
                                        ("%s kpi_SECRET" RANDOM),        "%s:SECRET@h"};
    char large[2000], address[2100], shown[SECRET_SHOWN_ROOM];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    snprintf(address, sizeof address, forms[_i], large);
    secret_shown(shown, address);
    ck_assert_uint_lt(strlen(shown), sizeof shown);
    ck_assert_ptr_null(strstr(shown, "SECRET"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("secret");
    tcase_add_loop_test(tests, secrets_of_an_address_are_hidden_and_nothing_else, 0, COUNT(texts));
    tcase_add_loop_test(tests, keys_are_hidden, 0, COUNT(keys));
    tcase_add_loop_test(tests, what_begins_as_a_path_is_one, 0, COUNT(paths));
    tcase_add_loop_test(tests, long_address_is_cut, 0, 6);
    return run_case(tests, "secret");
}
