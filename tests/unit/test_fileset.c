#include "loader/fileset.h"
#include "tests/unit/quotes.h"
#include "tests/unit/suite.h"
#include "tests/unit/temporary.h"
#include <sys/stat.h>

static char *folder;
static char *paths[16];
static int path_count;

static const char *const native_headers[][2] = {
    {"locations.csv", "location_id,city,state,region,country,postal_code,latitude,longitude\n"},
    {"customers.csv", "customer_id,name,segment,location_id\n"},
    {"products.csv", "product_id,name,category,subcategory,cost,weight_g\n"},
    {"orders.csv",
     "order_id,customer_id,location_id,ordered_at,shipped_at,delivered_at,estimated_at,status,ship_mode\n"},
    {"order_items.csv", "order_id,product_id,seller_id,quantity,unit_price,discount,freight\n"},
};

static void put(const char *name, const char *text)
{
    paths[path_count++] = temporary_file_in(folder, name, text, strlen(text));
}

static void setup(void)
{
    folder = temporary_folder();
    path_count = 0;
}

static void teardown(void)
{
    while (path_count)
        temporary_unlink(paths[--path_count]);
    temporary_remove(folder);
}

static void put_native(int but)
{
    for (int i = 0; i < COUNT(native_headers); i++)
        if (i != but)
            put(native_headers[i][0], native_headers[i][1]);
}

static bool match(struct fileset *set, char **given, int count, const char *profile, struct error *err)
{
    static const struct fileset_options options = {.download = {.most = 1 << 20, .stall_seconds = 5}};
    memset(set, 0, sizeof *set);
    return fileset_collect(set, given, count, &options, err) && fileset_match(set, profile, "loader/profiles", err);
}

START_TEST(folder_is_recognised_by_its_headers)
{
    struct fileset set;
    struct error err = {0};
    put_native(-1);
    ck_assert_msg(match(&set, &folder, 1, NULL, &err), "%s", err.message);
    ck_assert_str_eq(set.profile->name, "native");
    ck_assert_uint_eq(set.count, 5);
    /* what is referred to is read first */
    ck_assert_str_eq(set.inputs[0].name, "locations.csv");
    ck_assert_str_eq(set.inputs[3].name, "orders.csv");
    ck_assert_str_eq(set.inputs[4].name, "order_items.csv");
    fileset_release(&set);
}
END_TEST

START_TEST(file_that_is_named_twice_is_read_once)
{
    struct fileset set;
    struct error err = {0};
    char *given[] = {folder, NULL, folder};
    put_native(-1);
    given[1] = paths[4];
    ck_assert(match(&set, given, 3, NULL, &err));
    ck_assert_uint_eq(set.count, 5);
    fileset_release(&set);
}
END_TEST

START_TEST(columns_may_stand_in_any_order_with_others_between)
{
    struct fileset set;
    struct error err = {0};
    put_native(1);
    put("people.csv", "\xef\xbb\xbf segment ,nick,location_id,customer_id,name\n");
    ck_assert_msg(match(&set, &folder, 1, NULL, &err), "%s", err.message);
    ck_assert_str_eq(set.inputs[1].name, "people.csv");
    ck_assert_str_eq(set.inputs[1].file->name, "customers");
    ck_assert_int_eq(set.inputs[1].columns[0], 3);
    fileset_release(&set);
}
END_TEST

START_TEST(missing_column_is_named_with_the_nearest)
{
    struct fileset set;
    struct error err = {0};
    put_native(1);
    put("customers.csv", "customer_id,nmae,segment,location_id\n");
    ck_assert(!match(&set, &folder, 1, "native", &err));
    ck_assert_msg(strstr(err.message, "customers.csv lacks the column 'name'"), "%s", err.message);
    ck_assert_msg(strstr(err.message, "'nmae'"), "%s", err.message);
    fileset_release(&set);
    ck_assert(!match(&set, &folder, 1, NULL, &err));
    ck_assert_msg(strstr(err.message, "lacks the column 'name'"), "%s", err.message);
    fileset_release(&set);
}
END_TEST

START_TEST(missing_file_is_named_with_its_columns)
{
    struct fileset set;
    struct error err = {0};
    put_native(2);
    ck_assert(match(&set, &folder, 1, NULL, &err)); /* the database may have them */
    ck_assert_msg(strstr(set.lacks.message, "needs a file of products, with the columns product_id"), "%s",
                  set.lacks.message);
    fileset_release(&set);
}
END_TEST

START_TEST(other_layout_is_refused)
{
    struct fileset set;
    struct error err = {0};
    put("a.csv", "x,y,z\n1,2,3\n");
    ck_assert(!match(&set, paths, 1, "native", &err));
    ck_assert_msg(strstr(err.message, "no file of the profile native: its columns are x, y, z"), "%s", err.message);
    fileset_release(&set);
}
END_TEST

START_TEST(csv_of_another_kind_in_a_folder_is_left_out)
{
    struct fileset set;
    struct error err = {0};
    put_native(-1);
    put("notes.csv", "x,y\n");
    ck_assert(match(&set, &folder, 1, NULL, &err));
    ck_assert_uint_eq(set.count, 5);
    fileset_release(&set);
}
END_TEST

START_TEST(column_named_twice_is_refused)
{
    struct fileset set;
    struct error err = {0};
    put_native(1);
    put("customers.csv", "customer_id,name,segment,location_id,name\n");
    ck_assert(!match(&set, &folder, 1, "native", &err));
    ck_assert_msg(strstr(err.message, "'name' twice"), "%s", err.message);
    fileset_release(&set);
}
END_TEST

START_TEST(empty_file_and_empty_folder_are_refused)
{
    struct fileset set;
    struct error err = {0};
    char *nowhere = "/nowhere/at/all";
    ck_assert(!match(&set, &folder, 1, NULL, &err));
    ck_assert_msg(strstr(err.message, "no .csv file in the folder"), "%s", err.message);
    fileset_release(&set);
    ck_assert(!match(&set, &nowhere, 1, NULL, &err));
    ck_assert_msg(strstr(err.message, "no such file or folder"), "%s", err.message);
    fileset_release(&set);
    put("empty.csv", "");
    ck_assert(!match(&set, paths, 1, "native", &err));
    ck_assert_msg(strstr(err.message, "is empty"), "%s", err.message);
    fileset_release(&set);
}
END_TEST

/* What the shipped profiles are told by. */
static const struct {
    const char *profile, *files[9][2];
} layouts[] = {
    {"superstore",
     {{"s.csv",
       "Row ID,Order ID,Order Date,Ship Date,Ship Mode,Customer ID,Customer Name,Segment,Country,City,State,"
       "Postal Code,Region,Product ID,Category,Sub-Category,Product Name,Sales,Quantity,Discount,Profit\r\n"}}},
    {"superstore-eu",
     {{"s.csv", "Row ID;Order ID;Order Date;Ship Date;Ship Mode;Customer ID;Customer Name;Segment;Country/Region;City;"
                "State;Postal Code;Region;Product ID;Category;Sub-Category;Product Name;Sales;Quantity;Discount;"
                "Profit\r\n"}}},
    {"online-retail",
     {{"retail.csv", "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"}}},
    {"online-retail", {{"II.csv", "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"}}},
    {"pme",
     {{"produits.csv", "id_produit;nom;prix\n"},
      {"magasins.csv", "id_magasin;ville\n"},
      {"ventes.csv", "id_vente;id_produit;id_magasin;date_vente;quantit\xe9;chiffre_affaires\n"}}},
    {"pme",
     {{"produits.csv", "id_produit,nom,prix\n"},
      {"magasins.csv", "id_magasin,ville\n"},
      {"ventes.csv", "id_vente,id_produit,id_magasin,date_vente,quantite\xcc\x81\n"}}},
    {"jaffle-shop",
     {{"raw_customers.csv", "id,name\n"},
      {"raw_orders.csv", "id,customer,ordered_at,store_id,subtotal,tax_paid,order_total\n"},
      {"raw_items.csv", "id,order_id,sku\n"},
      {"raw_products.csv", "sku,name,type,price,description\n"},
      {"raw_stores.csv", "id,name,opened_at,tax_rate\n"},
      {"raw_supplies.csv", "id,name,cost,perishable,sku\n"}}},
    {"jaffle-shop",
     {{"c.csv", "id,name\n"},
      {"o.csv", "id,customer,ordered_at,store_id,subtotal,tax_paid,order_total\n"},
      {"i.csv", "id,order_id,sku\n"},
      {"p.csv", "sku,name,type,price,description\n"},
      {"s.csv", "id,name,opened_at,tax_rate\n"}}},
    {"olist",
     {{"olist_customers_dataset.csv",
       "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state\n"},
      {"olist_geolocation_dataset.csv",
       "geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,geolocation_city,geolocation_state\n"},
      {"olist_order_items_dataset.csv",
       "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value\n"},
      {"olist_order_payments_dataset.csv",
       "order_id,payment_sequential,payment_type,payment_installments,payment_value\n"},
      {"olist_order_reviews_dataset.csv", "review_id,order_id,review_score,review_comment_title,review_comment_message,"
                                          "review_creation_date,review_answer_timestamp\n"},
      {"olist_orders_dataset.csv",
       "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,"
       "order_delivered_customer_date,order_estimated_delivery_date\n"},
      {"olist_products_dataset.csv",
       "product_id,product_category_name,product_name_lenght,product_description_lenght,product_photos_qty,"
       "product_weight_g,product_length_cm,product_height_cm,product_width_cm\n"},
      {"olist_sellers_dataset.csv", "seller_id,seller_zip_code_prefix,seller_city,seller_state\n"},
      {"product_category_name_translation.csv",
       "\xef\xbb\xbfproduct_category_name,product_category_name_english\r\n"}}},
};

START_TEST(layout_is_recognised_by_its_headers)
{
    struct fileset set;
    struct error err = {0};
    size_t count = 0;
    for (; count < 9 && layouts[_i].files[count][0]; count++)
        put(layouts[_i].files[count][0], layouts[_i].files[count][1]);
    ck_assert_msg(match(&set, &folder, 1, NULL, &err), "%s", err.message);
    ck_assert_str_eq(set.profile->name, layouts[_i].profile);
    ck_assert_uint_eq(set.count, count);
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++)
            ck_assert_ptr_ne(set.inputs[i].file, set.inputs[k].file);
    ck_assert_ptr_nonnull(strstr(set.reason, "recognised by"));
    fileset_release(&set);
}
END_TEST

/* Matches the files put into the folder with a profile that has these files. */
static bool match_own(struct fileset *set, const char *files, struct error *err)
{
    char *profiles = temporary_folder(), text[4000], *json, *path;
    bool ok;
    snprintf(text, sizeof text, "{'name': 'own', 'title': 'Own', 'currency': 'EUR', 'files': [%s]}", files);
    json = with_quotes(text);
    path = temporary_file_in(profiles, "own.json", json, strlen(json));
    free(json);
    ok = match(set, &folder, 1, path, err);
    temporary_unlink(path);
    temporary_remove(profiles);
    return ok;
}

#define NAMED(file, column, more)                                                                                      \
    "{'name': '" file "', " more "'records': [{'kind': 'seller', 'fields': {'_id': '$" column "'}}]}"

START_TEST(pattern_chooses_between_files_that_fit_alike)
{
    struct fileset set;
    struct error err = {0};
    put("b_2020.csv", "id\n");
    put("a_2020.csv", "id\n");
    put("c_2020.CSV", "id\n");
    ck_assert_msg(match_own(&set,
                            NAMED("x", "id", "'required': false, ") ", " NAMED(
                                "a", "id", "'pattern': 'a_*', ") ", " NAMED("b", "id", "'pattern': 'B_*', "),
                            &err),
                  "%s", err.message);
    for (size_t i = 0; i < set.count; i++)
        ck_assert_int_eq(set.inputs[i].file->name[0], set.inputs[i].name[0] == 'c' ? 'x' : set.inputs[i].name[0]);
    fileset_release(&set);
}
END_TEST

START_TEST(columns_that_no_field_uses_tell_files_apart)
{
    struct fileset set;
    struct error err = {0};
    put("1.csv", "id,opened\n");
    put("2.csv", "id\n");
    ck_assert(match_own(
        &set, NAMED("plain", "id", "") ", " NAMED("shop", "id", "'columns': {'opened': {'unused': true}}, "), &err));
    ck_assert_str_eq(set.inputs[0].file->name, "shop");
    ck_assert_str_eq(set.inputs[1].file->name, "plain");
    fileset_release(&set);
}
END_TEST

START_TEST(delimiter_is_the_one_that_fits_best)
{
    struct fileset set;
    struct error err = {0};
    put("1.csv", "id;name\n1;2\n");
    put("2.csv", "name\tid\n2\t1\n");
    ck_assert(match_own(&set, NAMED("x", "id", "'delimiter': [',', ';', '\\t'], "), &err));
    ck_assert_int_eq(set.inputs[0].delimiter, ';');
    ck_assert_int_eq(set.inputs[1].delimiter, '\t');
    ck_assert_int_eq(set.inputs[1].columns[0], 1);
    fileset_release(&set);
}
END_TEST

START_TEST(encoding_is_told_for_each_file)
{
    struct fileset set;
    struct error err = {0};
    put("1.csv", "quantit\xe9\n1\n");
    put("2.csv", "quantite\xcc\x81\n1\n");
    put("3.csv", "\xef\xbb\xbfquantit\xc3\xa9\n1\n");
    put("4.csv", "no,quantit\xc3\xa9\nid\xe9"
                 "al,1\nid\xe9"
                 "e,2\n");
    ck_assert_msg(match_own(&set, NAMED("x", "quantit\xc3\xa9", "'encoding': 'auto', "), &err), "%s", err.message);
    ck_assert_uint_eq(set.count, 4);
    ck_assert_int_eq(set.inputs[0].encoding, ENCODING_WINDOWS_1252);
    ck_assert_int_eq(set.inputs[1].encoding, ENCODING_UTF8);
    ck_assert_int_eq(set.inputs[2].encoding, ENCODING_UTF8);
    ck_assert_int_eq(set.inputs[3].encoding, ENCODING_WINDOWS_1252);
    fileset_release(&set);
}
END_TEST

START_TEST(file_without_header_is_known_by_name_and_number_of_columns)
{
    static const char *const own =
        NAMED("x", "id", "'header': false, 'names': ['day', 'id'], 'pattern': 'till*.csv', ");
    struct fileset set;
    struct error err = {0};
    put("till1.csv", "2020-01-01,7\n");
    put("till2.csv", "2020-01-01,7,8\n");
    put("other.csv", "2020-01-01,7\n");
    ck_assert_msg(match_own(&set, own, &err), "%s", err.message);
    ck_assert_uint_eq(set.count, 1);
    ck_assert_str_eq(set.inputs[0].name, "till1.csv");
    ck_assert_str_eq(set.inputs[0].header[1].bytes, "id");
    ck_assert_int_eq(set.inputs[0].columns[0], 1);
    fileset_release(&set);
}
END_TEST

START_TEST(file_that_is_looked_up_in_must_be_there)
{
    static const char *const own =
        "{'name': 's', 'records': [{'kind': 'seller', 'fields': {'_id': '$id', 'name': {'$lookup': "
        "{"
        "'from': 'names', 'key': '$id', 'get': 'name'}}}}]}, "
        "{'name': 'names', %s'lookup': {'key': '$key', 'values': {'name': '$name'}}}";
    struct fileset set;
    struct error err = {0};
    char text[1000];
    put("1.csv", "id\n");
    snprintf(text, sizeof text, own, "");
    ck_assert(!match_own(&set, text, &err));
    ck_assert_msg(strstr(err.message, "looks up in a file of names, which is not among those given"), "%s",
                  err.message);
    fileset_release(&set);
    snprintf(text, sizeof text, own, "'required': false, ");
    ck_assert_msg(match_own(&set, text, &err), "%s", err.message);
    fileset_release(&set);
    put("2.csv", "key,name\n");
    ck_assert_msg(match_own(&set, text, &err), "%s", err.message);
    ck_assert_str_eq(set.inputs[0].file->name, "names"); /* read first */
    fileset_release(&set);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("fileset");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, folder_is_recognised_by_its_headers);
    tcase_add_test(tests, file_that_is_named_twice_is_read_once);
    tcase_add_test(tests, columns_may_stand_in_any_order_with_others_between);
    tcase_add_test(tests, missing_column_is_named_with_the_nearest);
    tcase_add_test(tests, missing_file_is_named_with_its_columns);
    tcase_add_test(tests, other_layout_is_refused);
    tcase_add_test(tests, csv_of_another_kind_in_a_folder_is_left_out);
    tcase_add_test(tests, column_named_twice_is_refused);
    tcase_add_test(tests, empty_file_and_empty_folder_are_refused);
    tcase_add_loop_test(tests, layout_is_recognised_by_its_headers, 0, COUNT(layouts));
    tcase_add_test(tests, pattern_chooses_between_files_that_fit_alike);
    tcase_add_test(tests, columns_that_no_field_uses_tell_files_apart);
    tcase_add_test(tests, delimiter_is_the_one_that_fits_best);
    tcase_add_test(tests, encoding_is_told_for_each_file);
    tcase_add_test(tests, file_without_header_is_known_by_name_and_number_of_columns);
    tcase_add_test(tests, file_that_is_looked_up_in_must_be_there);
    return run_case(tests, "fileset");
}
