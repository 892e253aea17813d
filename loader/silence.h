/* Says on stderr that the database does not answer, when one has waited for it for some seconds, and rarely again.
 *
 * The beat of the lock is what it goes by: a command that takes no time, which is sent every few seconds. How long
 * others take tells nothing, since a pipeline may compute for minutes. */
#ifndef KPI_LOADER_SILENCE_H
#define KPI_LOADER_SILENCE_H

struct silence;

/* NULL where no thread can be started: then nothing is said. */
struct silence *silence_new(void);
void silence_free(struct silence *silence); /* NULL is fine */

/* Around a command. NULL is fine. */
void silence_begins(struct silence *silence);
void silence_ends(struct silence *silence);

#endif
