/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the pages hold and in which order they are visited; pure functions of
 * the seed, so that nothing has to be remembered.
 *
 * Every 64-bit word of a page is its key plus the word's index times an odd
 * constant, and the key mixes seed, process, page and generation.  So a single
 * flipped bit, a stale page, a page of somebody else and a shifted page all
 * differ from what is expected, at the price of one addition per word (a
 * stronger generator costs several times that under TCG and finds no more).
 */
#ifndef NETSWAP_PATTERN_H
#define NETSWAP_PATTERN_H

#include <stdint.h>

#define PATTERN_WORDS 512u /* of a 4096-byte page */

uint64_t pattern_mix(uint64_t x);
uint64_t pattern_key(uint64_t seed, uint64_t process, uint64_t page, uint64_t generation);
uint64_t pattern_word(uint64_t key, unsigned int index);
void pattern_fill(uint64_t *words, uint64_t key);
/* Index of the first word that is not as pattern_fill() wrote it; PATTERN_WORDS if all are. */
unsigned int pattern_check(const uint64_t *words, uint64_t key);

/* A permutation of 0..count-1, which pattern_order_next() walks: call it count times. */
struct pattern_order {
	uint64_t count, seed, at;
	unsigned int half_bits;
};
void pattern_order_init(struct pattern_order *order, uint64_t count, uint64_t seed);
uint64_t pattern_order_next(struct pattern_order *order);

#endif
