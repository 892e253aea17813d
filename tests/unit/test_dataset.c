#include "core/dataset.h"
#include "tests/unit/unit.h"

START_TEST(every_feature_has_a_name_of_its_own_and_a_sentence)
{
    for (int i = 0; i < FEATURE_COUNT; i++) {
        ck_assert_ptr_nonnull(feature_names[i]);
        ck_assert_ptr_nonnull(feature_notes[i]);
        ck_assert_int_eq(feature_notes[i][strlen(feature_notes[i]) - 1], '.');
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(feature_names[i], feature_names[j]);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("dataset");
    tcase_add_test(tests, every_feature_has_a_name_of_its_own_and_a_sentence);
    return run_case(tests, "dataset");
}
