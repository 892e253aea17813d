/* kpi-server key: adds, lists and removes API keys. */
#ifndef KPI_SERVER_KEY_COMMAND_H
#define KPI_SERVER_KEY_COMMAND_H

#include "core/options.h"

/* Runs "key add NAME", "key list" or "key remove NAME" on the file of --keys; the exit status. */
int key_command_run(const struct options *options);

#endif
