/* What went wrong, as one sentence for the person who ran the program.
 *
 * Functions that can fail return false or NULL and fill the problem they were given; the first problem stays. */
#ifndef SAMPLE_PROBLEM_H
#define SAMPLE_PROBLEM_H

struct problem {
    char text[512];
};

/* Says what went wrong and what to do about it; keeps the text that is already there, if any. */
void problem_set(struct problem *problem, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
