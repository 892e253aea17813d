#include "core/definition_check.h"
#include "core/lint.h"
#include "core/trace.h"

bool definition_check(const struct catalog *catalog, const struct definition *d, struct mistakes *mistakes,
                      struct mistakes *warnings)
{
    size_t before = mistakes->count;
    lint_definition(d, mistakes, warnings);
    if (catalog && catalog_answers(catalog, d, mistakes))
        trace_definition(catalog, d, mistakes, warnings);
    return catalog && mistakes->count == before;
}

bool source_check(const struct source *source, struct mistakes *mistakes, struct mistakes *warnings)
{
    size_t before = mistakes->count;
    lint_source(source, mistakes);
    trace_source(source, mistakes, warnings);
    return mistakes->count == before;
}

bool menu_check(const struct menu *menu, struct mistakes *mistakes, struct mistakes *warnings)
{
    size_t before = mistakes->count;
    lint_menu(menu, mistakes);
    trace_menu(menu, mistakes, warnings);
    return mistakes->count == before;
}
