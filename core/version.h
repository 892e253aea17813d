/* The version of all programs here. */
#ifndef KPI_CORE_VERSION_H
#define KPI_CORE_VERSION_H

#define KPI_VERSION "0.1.0"

#endif
