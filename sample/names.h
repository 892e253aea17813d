/* Names of people and of shops. UTF-8, every letter of a person's name also in windows-1252; some names hold
 * commas, quotes and apostrophes. */
#ifndef SAMPLE_NAMES_H
#define SAMPLE_NAMES_H

#include "sample/random.h"

#include <stddef.h>

#define NAME_SIZE 80

/* A person's name. */
void name_person(struct rng *rng, char name[NAME_SIZE]);

/* The name of the nth seller. */
void name_seller(uint32_t nth, char name[NAME_SIZE]);

#endif
