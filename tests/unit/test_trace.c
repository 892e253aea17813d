#include "core/definition.h"
#include "core/trace.h"
#include "tests/unit/unit.h"

/* What is right by every rule; the cases put stages behind its $match, and change its members. */
static const char good[] =
    "{'title': 'T', 'group': 'g', 'summary': 'S.', 'formula': 'F.', 'dimensions': ['region', 'day', 'payments'],"
    " 'measures': ['sales', 'orders'], 'parameters': ['from', 'region', 'category'], 'single_row': true,"
    " 'pipeline': [], 'columns': [{'name': 'n', 'type': 'count', 'text': 'N'}],"
    " 'chart': {'type': 'number', 'y': ['n']}}";

static struct mistakes found, warned;
static struct catalog *catalog;

static void load(void)
{
    struct mistakes none = {0};
    catalog = catalog_of_sources("pipelines", &none);
    ck_assert_ptr_nonnull(catalog);
}

static void forget(void)
{
    mistakes_release(&found);
    mistakes_release(&warned);
    catalog_release(catalog);
}

static void trace_json(json_t *json)
{
    struct mistakes wrong = {0};
    struct definition *d = definition_parse(json, "kpi", &wrong);
    ck_assert_msg(d != NULL, "cannot be read: %s", wrong.count ? wrong.list[0].reason : "");
    ck_assert(catalog_answers(catalog, d, &wrong));
    trace_definition(catalog, d, &found, &warned);
    definition_free(d);
}

/* The stages between the filter and the column that the definition gives. */
static void trace(const char *stages, const char *changes)
{
    json_t *json = json_of(good), *other = json_of(changes), *own = json_of(stages);
    json_t *pipeline = json_object_get(json, "pipeline");
    json_array_append_new(pipeline, json_of("{'$match': {'$var': 'filter'}}"));
    json_array_extend(pipeline, own);
    json_array_append_new(pipeline, json_of("{'$set': {'n': {'$literal': 1}}}"));
    json_object_update(json, other);
    trace_json(json);
    json_decref(other);
    json_decref(own);
}

#define GROUP "{'$group': {'_id': {'r': '$region', 'p': {'$var': 'period_start'}}, 's': {'$sum': '$sales'}}}"

static const char *const meant[] = {
    "[]",
    "[" GROUP ", {'$project': {'_id': 0, 'r': '$_id.r', 's': 1}}, {'$sort': {'r': 1, 's': -1}}]",
    "[" GROUP ", {'$project': {'s': 1}}, {'$set': {'r': '$_id.r'}}]",
    "[" GROUP ", {'$project': {'_id': 0}}, {'$project': {'_id': 0, 's': 1}}]",
    "[" GROUP ", {'$project': {'a': {'b': '$s', 'c': ['$_id.p']}}}, {'$set': {'x': '$a.b', 'y': '$a.c'}}]",
    "[" GROUP ", {'$set': {'a.b': '$s'}}, {'$set': {'c': '$a.b'}}, {'$unset': ['a.b', 'c']}]",
    "[" GROUP ", {'$group': {'_id': null, 'all': {'$push': '$$ROOT'}, 't': {'$top': {'sortBy': {'s': -1}, 'output':"
    " {'who': '$_id.r'}}}}}, {'$set': {'a': '$all._id.r', 'b': '$t.who'}}]",
    "[" GROUP ", {'$replaceWith': {'$mergeObjects': ['$_id', {'s': '$s'}]}}, {'$set': {'a': ['$r', '$p', '$s']}}]",
    "[" GROUP ", {'$replaceRoot': {'newRoot': '$_id'}}, {'$set': {'a': ['$r', '$p']}}]",
    "[" GROUP ", {'$replaceWith': {'newRoot': '$_id'}}, {'$set': {'a': '$newRoot.r'}}]",
    "[" GROUP ", {'$project': {'s': 0}}, {'$addFields': {'l': {'$literal': {'k': 1}}}}, {'$set': {'a': '$l.k'}}]",
    "[{'$group': {'_id': '$region', 'l': {'$push': {'d': '$day', 's': '$sales'}}}}, {'$unwind': '$l'},"
    " {'$replaceWith': '$l'}, {'$sort': {'d': 1}}, {'$group': {'_id': '$d', 's': {'$last': '$s'}}}]",
    "[{'$match': {'payments': {'$elemMatch': {'type': 'card', 'value': {'$gte': 5}}}, 'payments.0': {'$exists': "
    "true}}}]",
    "[{'$lookup': {'from': 'orders', 'let': {'r': '$region', 'all': '$payments'}, 'pipeline': [{'$lookup': {'from':"
    " 'customers', 'pipeline': [{'$match': {'$expr': {'$in': ['$segment', '$$all.type']}}}], 'as': 'c'}}, {'$match':"
    " {'$expr': {'$eq': ['$$r', {'$first': '$c.name'}]}}}], 'as': 'l'}}, {'$set': {'a': '$l.c.name'}}]",
    /* Of what is not known nothing is said. */
    "[" GROUP ", {'$replaceWith': {'$arrayToObject': [[['a', 1]]]}}, {'$set': {'x': '$a', 'y': '$b.c'}}]",
    "[" GROUP ", {'$set': {'o': {'$reduce': {'input': [1], 'initialValue': {}, 'in': {'z': '$$value.z'}}}}},"
    " {'$set': {'x': '$o.q'}}]",
    "[{'$unwind': {'path': '$payments', 'includeArrayIndex': 'i'}}, {'$match': {'payments.type': 'card', 'i': 0}}]",
    "[{'$match': {'payments.0.value': {'$gt': 1}, 'day': {'$var': 'last_day'}}}]",
    "[" GROUP ", {'$lookup': {'from': 'locations', 'localField': '_id.r', 'foreignField': 'region', 'as': 'l'}},"
    " {'$set': {'p': {'$first': '$l.point.coordinates'}}}]",
    "[{'$lookup': {'from': 'orders', 'let': {'r': '$region'}, 'pipeline': [{'$match': {'$expr': {'$eq': ['$region',"
    " '$$r']}}}, {'$unwind': '$items'}, {'$group': {'_id': '$items.category', 'k': {'$sum': 1}}}], 'as': 'l'}},"
    " {'$set': {'a': '$l._id', 'b': {'$sum': '$l.k'}}}]",
    "[" GROUP ", {'$unionWith': {'coll': 'products', 'pipeline': [{'$project': {'cost': 1}}]}}, {'$group': {'_id':"
    " '$cost', 's': {'$sum': '$s'}}}]",
    "[{'$unionWith': 'meta'}, {'$set': {'a': '$counts.orders'}}]",
    "[{'$facet': {'a': [" GROUP "], 'b': [{'$sort': {'sales': 1}}, {'$limit': 1}]}}, {'$set': {'x': '$a.s', 'y':"
    " '$b.region'}}]",
    "[{'$bucket': {'groupBy': '$sales', 'boundaries': [0, 9]}}, {'$set': {'a': '$count', 'b': '$_id'}}]",
    "[{'$bucketAuto': {'groupBy': '$sales', 'buckets': 2, 'output': {'o': {'$sum': '$orders'}}}},"
    " {'$set': {'a': '$_id.min', 'b': '$o'}}]",
    "[{'$sortByCount': '$region'}, {'$set': {'a': ['$_id', '$count']}}]",
    "[{'$setWindowFields': {'partitionBy': '$region', 'sortBy': {'day': 1}, 'output': {'b': {'$shift': {'output':"
    " '$day', 'by': -1}}, 'c.d': {'$sum': '$sales', 'window': {'documents': ['unbounded', 'current']}}}}},"
    " {'$set': {'x': ['$b', '$c.d']}}]",
    "[{'$set': {'a': {'$let': {'vars': {'x': {'k': '$sales'}}, 'in': {'$add': ['$$x.k', 1]}}}, 'b': {'$map': {'input':"
    " '$payments', 'as': 'p', 'in': {'v': '$$p.value', 'all': '$orders'}}}, 'c': {'$filter': {'input': '$payments',"
    " 'cond': {'$eq': ['$$this.type', 'card']}}}}}, {'$set': {'d': ['$b.v', '$c.value']}}]",
    "[{'$set': {'c': {'$switch': {'branches': [{'case': {'$gt': ['$sales', 1]}, 'then': {'k': 1}}], 'default': {'k':"
    " 2, 'z': 3}}}, 'd': {'$cond': ['$orders', {'k': 1}, null]}}}, {'$set': {'e': ['$c.k', '$c.z', '$d.k']}}]",
    "[{'$set': {'region': {'$cond': [{'$eq': ['$region', 'sales']}, 'x', '$$REMOVE']}, 'l': {'$literal': "
    "'$nothing'}}}]",
    "[{'$match': {'region': 'sales', '$expr': {'$gt': ['$sales', '$orders']}}}]",
    "[{'$group': {'_id': 'all', 'k': {'$sum': '$orders'}}}]",
};

START_TEST(what_there_is_may_be_read)
{
    trace(meant[_i], "{}");
    ck_assert_msg(found.count == 0, "%s: %s: %s", meant[_i], found.list[0].place, found.list[0].reason);
    ck_assert_msg(warned.count == 0, "%s: %s: %s", meant[_i], warned.list[0].place, warned.list[0].reason);
}
END_TEST

static const struct {
    const char *stages, *changes, *place, *says;
} wrong[] = {
    {"[{'$group': {'_id': '$regoin'}}]", "{}", "$.pipeline[1].$group._id", "did you mean 'region'?"},
    {"[{'$group': {'_id': 'region'}}]", "{}", "$.pipeline[1].$group._id", "the field is written '$region'"},
    {"[{'$group': {'_id': {'r': 'region'}}}]", "{}", "$.pipeline[1].$group._id.r", "the field is written '$region'"},
    {"[{'$set': {'a': {'$add': ['sales', 1]}}}]", "{}", "$.pipeline[1].$set.a.$add[0]", "is a text, not a number"},
    {"[{'$group': {'_id': null, 'a': {'$max': 'sales'}}}]", "{}", "$.pipeline[1].$group.a.$max", "'$sales'"},
    {"[{'$set': {'a': '$payments.sum'}}]", "{}", "$.pipeline[1].$set.a", "there are payments.sequence, payments.type"},
    {"[{'$set': {'a': '$sales.x'}}]", "{}", "$.pipeline[1].$set.a", "no field 'sales.x'"},
    {"[{'$set': {'a': '$$ROOT.sale'}}]", "{}", "$.pipeline[1].$set.a", "did you mean 'sales'?"},
    {"[{'$set': {'a': 1}}, {'$set': {'b': '$c', 'c': 1}}]", "{}", "$.pipeline[2].$set.b", "no field 'c'"},
    {"[{'$project': {'sales': 1}}, {'$set': {'a': '$region'}}]", "{}", "$.pipeline[2].$set.a",
     "any more behind $.pipeline[1].$project"},
    {"[{'$project': {'sales': 0}}, {'$set': {'a': '$sales'}}]", "{}", "$.pipeline[2].$set.a", "no field 'sales'"},
    {"[{'$unset': 'sales'}, {'$set': {'a': '$sales'}}]", "{}", "$.pipeline[2].$set.a", "no field 'sales'"},
    {"[{'$unset': 'slaes'}]", "{}", "$.pipeline[1].$unset", "did you mean 'sales'?"},
    {"[{'$project': {'a': {'b': '$slaes'}}}]", "{}", "$.pipeline[1].$project.a.b", "did you mean 'sales'?"},
    {"[{'$match': {'$or': [{'sale': 1}]}}]", "{}", "$.pipeline[1].$match.$or[0].sale", "did you mean 'sales'?"},
    {"[{'$match': {'$expr': {'$eq': ['$sale', 1]}}}]", "{}", "$.pipeline[1].$match.$expr.$eq[0]", "'sales'?"},
    {"[{'$match': {'sales': {'$gt': '$orders'}}}]", "{}", "$.pipeline[1].$match.sales", "is a text in a condition"},
    {"[{'$sort': {'sale': 1}}]", "{}", "$.pipeline[1].$sort", "did you mean 'sales'?"},
    {"[{'$unwind': '$payment'}]", "{}", "$.pipeline[1].$unwind", "did you mean 'payments'?"},
    {"[{'$bucket': {'groupBy': '$sale', 'boundaries': [0, 9]}}]", "{}", "$.pipeline[1].$bucket.groupBy", "'sales'?"},
    {"[{'$bucket': {'groupBy': '$sales', 'boundaries': [0, 9], 'output': {'a': {'$sum': '$order'}}}}]", "{}",
     "$.pipeline[1].$bucket.output.a.$sum", "did you mean 'orders'?"},
    {"[{'$sortByCount': '$regoin'}]", "{}", "$.pipeline[1].$sortByCount", "did you mean 'region'?"},
    {"[{'$setWindowFields': {'sortBy': {'dya': 1}, 'output': {}}}]", "{}", "$.pipeline[1].$setWindowFields", "'day'?"},
    {"[{'$setWindowFields': {'output': {'a': {'$shift': {'output': '$dya', 'by': 1}}}}}]", "{}",
     "$.pipeline[1].$setWindowFields.output.a.output", "did you mean 'day'?"},
    {"[{'$group': {'_id': null, 'a': {'$top': {'sortBy': {'dya': 1}, 'output': 1}}}}]", "{}",
     "$.pipeline[1].$group.a.$top.sortBy", "did you mean 'day'?"},
    {"[{'$facet': {'a': [{'$set': {'a': '$sale'}}]}}]", "{}", "$.pipeline[1].$facet.a[0].$set.a", "'sales'?"},
    {"[{'$lookup': {'from': 'products', 'localField': 'product', 'foreignField': '_id', 'as': 'l'}}]", "{}",
     "$.pipeline[1].$lookup.localField", "'product'"},
    {"[{'$lookup': {'from': 'products', 'localField': 'region', 'foreignField': 'id', 'as': 'l'}}]", "{}",
     "$.pipeline[1].$lookup.foreignField", "'products' has no field 'id'"},
    {"[{'$lookup': {'from': 'products', 'pipeline': [{'$match': {'names': 1}}], 'as': 'l'}}]", "{}",
     "$.pipeline[1].$lookup.pipeline[0].$match.names", "did you mean 'name'?"},
    {"[{'$lookup': {'from': 'products', 'pipeline': [{'$match': {'$expr': {'$eq': ['$_id', '$$x']}}}], 'as': 'l'}}]",
     "{}", "$.pipeline[1].$lookup.pipeline[0].$match.$expr.$eq[1]", "there is no variable 'x'"},
    {"[{'$lookup': {'from': 'products', 'pipeline': [], 'as': 'l'}}, {'$set': {'a': '$l.title'}}]", "{}",
     "$.pipeline[2].$set.a", "there are l._id, l.name, l.category"},
    {"[{'$unionWith': {'coll': 'orders', 'pipeline': [{'$match': {'$var': 'filter'}}]}}]", "{}",
     "$.pipeline[1].$unionWith.pipeline[0].$match", "in $unionWith write the condition out"},
    {"[" GROUP ", {'$match': {'$var': 'filter'}}]", "{}", "$.pipeline[2].$match", "before what makes others of them"},
    {"[{'$limit': 5}, {'$match': {'$and': [{'$var': 'filter'}]}}]", "{}", "$.pipeline[2].$match.$and[0]", "'filter'"},
    {"[" GROUP ", {'$set': {'p': {'$var': 'period_start'}}}]", "{}", "$.pipeline[2].$set.p", "no field 'day' any more"},
    {"[{'$set': {'a': {'$map': {'input': '$payments', 'as': 'p', 'in': '$$this.value'}}}}]", "{}",
     "$.pipeline[1].$set.a.$map.in", "there is no variable 'this'"},
    {"[{'$set': {'a': {'$filter': {'input': '$payments', 'cond': {'$gt': ['$$this.valeu', 1]}}}}}]", "{}",
     "$.pipeline[1].$set.a.$filter.cond.$gt[0]", "$$this has no field 'valeu'; did you mean 'value'?"},
    {"[{'$set': {'a': {'$let': {'vars': {'x': '$sale'}, 'in': '$$y'}}}}]", "{}", "$.pipeline[1].$set.a.$let.vars.x",
     "did you mean 'sales'?"},
    {"[{'$set': {'a': {'$let': {'vars': {'rest': 1}, 'in': '$$rset'}}}}]", "{}", "$.pipeline[1].$set.a.$let.in",
     "there is no variable 'rset' here; did you mean 'rest'?"},
    {"[]", "{'columns': [{'name': 'm', 'type': 'count', 'text': 'M'}], 'chart': {'type': 'number', 'y': ['m']}}",
     "$.columns[0].name", "the pipeline gives no 'm'"},
    /* What is not declared. */
    {"[{'$group': {'_id': '$city'}}]", "{}", "$.pipeline[1].$group._id", "the dimension 'city', which \"dimensions\""},
    {"[{'$group': {'_id': '$customer'}}]", "{'dimensions': ['customer']}", "$.pipeline[1].$group._id",
     "rows have the dimension 'customer' under the name 'customer_id'"},
    {"[{'$group': {'_id': '$_id'}}]", "{}", "$.pipeline[1].$group._id", "is the dimension 'order'"},
    {"[{'$group': {'_id': null, 'a': {'$sum': '$profit'}}}]", "{}", "$.pipeline[1].$group.a.$sum",
     "'profit' is the measure 'profit', which \"measures\" leaves out"},
    {"[{'$set': {'a': '$shipped_day'}}]", "{}", "$.pipeline[1].$set.a", "\"source\": \"order\" does"},
    {"[{'$set': {'a': '$profit'}}]", "{'source': 'line'}", "$.pipeline[1].$set.a", "is the measure 'profit'"},
    {"[{'$set': {'a': '$items'}}]", "{'source': 'line'}", "$.pipeline[1].$set.a", "'items'"},
};

START_TEST(what_is_not_there_is_said_with_its_place)
{
    bool said = false;
    trace(wrong[_i].stages, wrong[_i].changes);
    for (size_t i = 0; i < found.count; i++)
        said |= strcmp(found.list[i].place, wrong[_i].place) == 0 && strstr(found.list[i].reason, wrong[_i].says);
    ck_assert_msg(said, "%s: %zu mistakes, first %s: %s", wrong[_i].stages, found.count,
                  found.count ? found.list[0].place : "", found.count ? found.list[0].reason : "");
}
END_TEST

START_TEST(source_that_is_named_gives_all_of_its_rows)
{
    trace("[{'$set': {'a': ['$shipped_day', '$items.sales', '$city']}}]",
          "{'source': 'order', 'parameters': ['from']}");
    ck_assert_msg(found.count == 0, "%s", found.count ? found.list[0].reason : "");
    trace("[{'$set': {'a': ['$region', '$sales', '$_id']}}]", "{'source': 'line'}");
    ck_assert_msg(found.count == 0, "%s", found.count ? found.list[0].reason : "");
}
END_TEST

#define FILTER "{'$match': {'$var': 'filter'}}"
#define REST   ", {'$set': {'n': {'$literal': 1}}}"

static const struct {
    const char *pipeline, *place; /* NULL: right */
} facets[] = {
    {"[" FILTER ", {'$facet': {'a': [" GROUP "], 'b': []}}" REST "]", NULL},
    {"[{'$facet': {'a': [" FILTER ", " GROUP "], 'b': [{'$set': {'z': 1}}, " FILTER ", " GROUP "]}}" REST "]", NULL},
    {"[{'$facet': {'a': [{'$match': {'$and': [{'sales': 1}, {'$var': 'filter'}]}}]}}" REST "]", NULL},
    {"[{'$facet': {'a': [" FILTER ", " GROUP "], 'total': [" GROUP "]}}" REST "]", "$.pipeline[0].$facet.total"},
    {"[{'$facet': {'a': [" FILTER ", " GROUP "], 'total': []}}" REST "]", "$.pipeline[0].$facet.total"},
    {"[{'$match': {'sales': 1}}, {'$facet': {'a': [" FILTER "], 'b': [{'$match': {'sales': 2}}]}}" REST "]",
     "$.pipeline[1].$facet.b"},
    {"[{'$facet': {'a': [" FILTER "], 'b': [{'$match': {'$and': [{'sales': 1}]}}]}}" REST "]",
     "$.pipeline[0].$facet.b"},
};

START_TEST(facet_of_the_sources_rows_filters_them)
{
    json_t *json = json_of(good);
    json_object_set_new(json, "pipeline", json_of(facets[_i].pipeline));
    trace_json(json);
    ck_assert_msg(found.count == (facets[_i].place ? 1 : 0), "%s: %zu, %s", facets[_i].pipeline, found.count,
                  found.count ? found.list[0].reason : "");
    if (!facets[_i].place)
        return;
    ck_assert_str_eq(found.list[0].place, facets[_i].place);
    ck_assert_ptr_nonnull(strstr(found.list[0].reason, "begin it with {\"$match\": {\"$var\": \"filter\"}}"));
}
END_TEST

START_TEST(one_thing_is_said_once)
{
    trace("[{'$set': {'a': ['$sale', '$sale'], 'b': '$sale'}}, {'$set': {'c': ['$a', '$b']}}]", "{}");
    ck_assert_uint_eq(found.count, 1);
}
END_TEST

static const char *const doubtful[] = {
    "[{'$lookup': {'from': 'customers_dim', 'localField': 'region', 'foreignField': 'x', 'as': 'l'}}]",
    "[{'$set': {'a': 'sales'}}]",
    "[{'$project': {'a': 'sales'}}]",
    "[{'$group': {'_id': '$region', 'rows': {'$sum': 1}}}]",
};

START_TEST(what_may_be_meant_is_a_warning)
{
    trace(doubtful[_i], "{}");
    ck_assert_uint_eq(found.count, 0);
    ck_assert_uint_eq(warned.count, 1);
    trace("[{'$group': {'_id': '$_id', 'rows': {'$sum': 1}}}]", "{'dimensions': ['order']}");
    ck_assert_uint_eq(warned.count, 1);
}
END_TEST

START_TEST(rows_are_sorted_by_what_they_have)
{
    json_t *json = json_of(good);
    json_object_update_new(
        json, json_of("{'single_row': false, 'parameters': ['from', 'sort', 'limit', 'offset'], 'defaults': {'sort':"
                      " 'r'}, 'columns': [{'name': 'r', 'type': 'string', 'text': 'R', 'key': true},"
                      " {'name': 'n', 'type': 'count', 'text': 'N'},"
                      " {'name': 'o', 'type': 'count', 'text': 'O', 'sortable': false}],"
                      " 'pipeline': [{'$match': {'$var': 'filter'}}, {'$group': {'_id': '$region'}},"
                      " {'$set': {'r': '$_id'}}, {'$sort': {'$var': 'sort'}}, {'$skip': {'$var': 'offset'}},"
                      " {'$limit': {'$var': 'limit'}}, {'$set': {'n': 1, 'o': 1}}]}"));
    trace_json(json);
    ck_assert_uint_eq(found.count, 1);
    ck_assert_str_eq(found.list[0].place, "$.columns[1].name");
}
END_TEST

/* Puts odd values in place of every value below it, one after the other. */
static void spoil(json_t *root, json_t *value)
{
    static const char *const odd[] = {
        "null",      "7",      "'x'", "'$'", "'$$'", "'$.'", "'$a..b'", "[]", "{}", "[[]]", "{'a': {'b': []}}",
        "'$$ROOT.'", "{'': 0}"};
    const char *key;
    json_t *member, *copy;
    void *next;
    json_object_foreach_safe(value, next, key, member)
    {
        json_incref(member);
        for (int i = 0; i < COUNT(odd); i++) {
            struct mistakes none = {0};
            struct definition *d;
            json_object_set_new(value, key, json_of(odd[i]));
            copy = json_deep_copy(root);
            d = definition_parse(copy, "kpi", &none);
            if (d)
                trace_definition(catalog, d, &none, &none);
            definition_free(d);
            mistakes_release(&none);
        }
        json_object_set(value, key, member);
        spoil(root, member);
        json_decref(member);
    }
    for (size_t i = 0; i < json_array_size(value); i++)
        spoil(root, json_array_get(value, i));
}

START_TEST(whatever_stands_in_a_stage_is_got_over)
{
    json_t *json = json_of(good), *stages = json_of(meant[_i]), *pipeline = json_object_get(json, "pipeline");
    json_array_extend(pipeline, stages);
    spoil(json, pipeline);
    json_decref(stages);
    json_decref(json);
}
END_TEST

START_TEST(shipped_files_read_what_there_is)
{
    struct catalog *all = catalog_reload("pipelines", NULL, &found, &warned);
    for (size_t i = 0; i < all->definition_count; i++)
        trace_definition(all, all->definitions[i], &found, &warned);
    for (size_t i = 0; i < all->menu_count; i++)
        trace_menu(all->menus[i], &found, &warned);
    ck_assert_msg(found.count == 0, "%s", found.count ? found.list[0].reason : "");
    ck_assert_msg(warned.count == 0, "%s", warned.count ? warned.list[0].reason : "");
    catalog_release(all);
}
END_TEST

START_TEST(file_of_a_collection_reads_its_documents)
{
    json_t *json = json_of("{'collection': 'orders', 'columns': [{'name': 'count'}, {'name': 'of'}], 'pipeline':"
                           " [{'$match': {'satus': 'paid'}}, {'$group': {'_id': null, 'cuont': {'$sum': 1}}}]}");
    trace_file(json, &found, &warned);
    ck_assert_uint_eq(found.count, 2);
    ck_assert_str_eq(found.list[0].reason, "there is no field 'satus' here; did you mean 'status'?");
    ck_assert_str_eq(found.list[1].place, "$.columns[0].name");
    json_decref(json);
}
END_TEST

START_TEST(menu_gives_values)
{
    json_t *json = json_of("{'title': 'T', 'collection': 'orders', 'pipeline': [{'$match': {'city': {'$var': "
                           "'prefix'}}}, {'$group': {'_id': '$city'}}]}");
    struct menu *menu = menu_parse(json, "city", &found);
    ck_assert_ptr_nonnull(menu);
    trace_menu(menu, &found, &warned);
    ck_assert_uint_eq(found.count, 1);
    menu_free(menu);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("trace");
    tcase_add_checked_fixture(tests, load, forget);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, what_there_is_may_be_read, 0, COUNT(meant));
    tcase_add_loop_test(tests, what_is_not_there_is_said_with_its_place, 0, COUNT(wrong));
    tcase_add_test(tests, source_that_is_named_gives_all_of_its_rows);
    tcase_add_loop_test(tests, facet_of_the_sources_rows_filters_them, 0, COUNT(facets));
    tcase_add_test(tests, one_thing_is_said_once);
    tcase_add_loop_test(tests, what_may_be_meant_is_a_warning, 0, COUNT(doubtful));
    tcase_add_test(tests, rows_are_sorted_by_what_they_have);
    tcase_add_loop_test(tests, whatever_stands_in_a_stage_is_got_over, 0, COUNT(meant));
    tcase_add_test(tests, shipped_files_read_what_there_is);
    tcase_add_test(tests, file_of_a_collection_reads_its_documents);
    tcase_add_test(tests, menu_gives_values);
    return run_case(tests, "trace");
}
