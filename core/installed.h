/* Where the files lie that the programs come with: beside the program, in ../share/kpi-server, as `make install` puts
 * them. Found from the place of the running program, so that an installed tree may be moved as a whole. */
#ifndef KPI_CORE_INSTALLED_H
#define KPI_CORE_INSTALLED_H

#include <stddef.h>

enum { INSTALLED_ROOM = 4096 };

/* The folder of that name in the share/kpi-server of a program, such as /usr/bin/kpi-load and "profiles": written into
 * out, which is returned. NULL where the program lies in no bin/ or sbin/, or where there is no such folder. */
const char *installed_beside(const char *program, const char *name, char *out, size_t room);

/* The same for the program that runs. */
const char *installed_folder(const char *name, char *out, size_t room);

#endif
