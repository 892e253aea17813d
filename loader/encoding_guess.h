/* Which of several encodings a file is in: told from all its bytes. */
#ifndef KPI_LOADER_ENCODING_GUESS_H
#define KPI_LOADER_ENCODING_GUESS_H

#include "loader/layout.h"

/* The first of those allowed that the bytes of the open file fit, else the last. UTF-8 fits when every byte is part of
 * a character, and also when more characters beyond ASCII are whole than broken: a damaged row must not turn all the
 * others into another encoding; it is rejected when it is read. The file's own offset is not moved. */
enum encoding encoding_guess(int fd, const enum encoding *allowed, int count);

#endif
