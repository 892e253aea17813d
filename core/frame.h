/* Frames of MongoDB's wire protocol, looked at before libmongoc reads them. */
#ifndef KPI_CORE_FRAME_H
#define KPI_CORE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether a message of that size can be read as a reply without leaving it: the lengths in it, and
 * in the documents that it holds, agree with each other. */
bool frame_is_whole(const uint8_t *message, size_t size);

#endif
