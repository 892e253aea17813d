/* Date formats of a profile, such as "YYYY-MM-DD HH:MM:SS" or "M/D/YYYY".
 *
 * YYYY is a year of four digits; MM, DD, HH, SS have two digits; M, D, H have one or two. MM or M behind an hour means
 * minutes. SSS is a fraction of a second, of any length. Z and UTC stand for themselves and say that the time is in
 * UTC; +HH:MM, +HHMM and +HH are its offset from UTC, or a Z. All else stands for itself. No locale. Without an hour
 * there are no minutes, seconds or zone. */
#ifndef KPI_LOADER_DATE_FORMAT_H
#define KPI_LOADER_DATE_FORMAT_H

#include "core/error.h"
#include "loader/value.h"

enum { DATE_PARTS_MOST = 24 };

struct date_format {
    unsigned char parts[DATE_PARTS_MOST]; /* a letter of date_format.c, or a byte that stands for itself */
    bool literal[DATE_PARTS_MOST];
    int count;
    bool has_time;
    bool has_zone; /* the text says its zone: what is read is in UTC, and else by the clock of the place */
};

bool date_format_compile(const char *text, struct date_format *format, struct error *err);

/* Reads the whole text: a VALUE_TIME, or a VALUE_DAY where the format has no time of day. False for another form, for
 * days and times that do not exist, and for days that no request may name (core/day.h), such as 9999-12-31, which many
 * an export writes for "none": one such order would stretch every range to its day. */
bool date_format_read(const struct date_format *format, struct text text, struct value *out);

#endif
