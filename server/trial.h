/* Trying pipelines on data made for it: a small sample shop that the program carries in itself, and the same without an
 * order. Both are put into databases of their own names, which are dropped again; no other is touched. */
#ifndef KPI_SERVER_TRIAL_H
#define KPI_SERVER_TRIAL_H

#include "core/catalog.h"
#include "core/db.h"

struct trial;

/* Makes the databases on that server. NULL with err. The caller ends with trial_close(). */
struct trial *trial_open(const char *uri, int timeout_s, struct error *err);

/* Drops the databases. False with err: they are still there. */
bool trial_close(struct trial *trial, struct error *err);

/* Whether a signal has asked the program to end: what is left is to be skipped. */
bool trial_interrupted(void);

/* Each runs a pipeline on both, and adds what its rows are that they should not be. What may be so goes to warnings. */
void trial_definition(struct trial *trial, const struct catalog *catalog, const struct definition *definition,
                      struct mistakes *mistakes, struct mistakes *warnings);
void trial_menu(struct trial *trial, const struct menu *menu, struct mistakes *mistakes);

/* Of a file of pipelines/quality or pipelines/star, which has been checked. */
void trial_file(struct trial *trial, const json_t *json, struct mistakes *mistakes);

#endif
