/* How the text of a file is to be read: its encoding, delimiter, numbers and dates. */
#ifndef KPI_LOADER_LAYOUT_H
#define KPI_LOADER_LAYOUT_H

#include "loader/date_format.h"
#include "loader/number.h"
#include "loader/zone.h"

enum encoding { ENCODING_UTF8, ENCODING_WINDOWS_1252, ENCODING_ISO_8859_1, ENCODING_COUNT };

/* As profiles and iconv call them. */
extern const char *const encoding_names[ENCODING_COUNT];

enum { DATE_FORMATS_MOST = 8, NULLS_MOST = 8, DELIMITERS_MOST = 4 };

struct layout {
    enum encoding encodings[ENCODING_COUNT]; /* that a file may be in; the first that its bytes fit is taken */
    int encoding_count;
    char delimiters[DELIMITERS_MOST]; /* that a file may have; the one with which its header fits best is taken */
    int delimiter_count;
    struct number_format numbers;
    struct date_format dates[DATE_FORMATS_MOST];
    int date_count;
    const struct zone *zone;       /* of times that say none; NULL: UTC; not owned */
    const char *date_text;         /* the formats for messages: "YYYY-MM-DD or M/D/YYYY" */
    const char *nulls[NULLS_MOST]; /* texts that mean "no value", besides the empty one */
    int null_count;
};

#endif
