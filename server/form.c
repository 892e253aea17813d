#include "server/form.h"

const struct form forms[FORMAT_COUNT] = {
    [FORMAT_JSON] = {"application/json", content_type_json, NULL},
    [FORMAT_CSV] = {"text/csv", "text/csv; charset=utf-8; header=present", "csv"},
    [FORMAT_NDJSON] = {"application/x-ndjson", "application/x-ndjson", "ndjson"},
};

/* Where the weights are equal, the form counts that is named rather than admitted by a range, and then the first. */
enum format form_negotiate(const struct request *request)
{
    int best = FORMAT_COUNT, best_closeness = 0;
    double best_weight = 0;
    for (int f = 0; f < FORMAT_COUNT; f++) {
        int closeness;
        double weight = request_weight(request, forms[f].type, &closeness);
        if (weight > best_weight || (weight > 0 && weight >= best_weight && closeness > best_closeness)) {
            best = f;
            best_weight = weight;
            best_closeness = closeness;
        }
    }
    return (enum format)best;
}
