// SPDX-License-Identifier: GPL-2.0-only
#include "pattern.h"

#define WORD_STEP 0x9e3779b97f4a7c15ull /* odd, so all words of a page differ */

/* The finalizer of splitmix64 (Steele, Lea, Flood 2014): a bijection that mixes all bits. */
uint64_t pattern_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

uint64_t pattern_key(uint64_t seed, uint64_t process, uint64_t page, uint64_t generation)
{
	return pattern_mix(pattern_mix(seed ^ process << 48 ^ generation << 32) ^ page);
}

uint64_t pattern_word(uint64_t key, unsigned int index)
{
	return key + index * WORD_STEP;
}

void pattern_fill(uint64_t *words, uint64_t key)
{
	for (unsigned int i = 0; i < PATTERN_WORDS; i++, key += WORD_STEP)
		words[i] = key;
}

unsigned int pattern_check(const uint64_t *words, uint64_t key)
{
	uint64_t differ = 0, expected = key;
	unsigned int i;

	/* One loop without a branch for the usual case, ... */
	for (i = 0; i < PATTERN_WORDS; i++, expected += WORD_STEP)
		differ |= words[i] ^ expected;
	if (!differ)
		return PATTERN_WORDS;
	/* ... then the place, unless the page has meanwhile become what it should be. */
	for (i = 0; i < PATTERN_WORDS - 1; i++)
		if (words[i] != pattern_word(key, i))
			break;
	return i;
}

/*
 * A Feistel network: whatever its round function, it is a bijection of numbers
 * of 2 * half_bits bits; results past the end are skipped, at most three of four.
 */
void pattern_order_init(struct pattern_order *order, uint64_t count, uint64_t seed)
{
	order->count = count;
	order->seed = seed;
	order->half_bits = 1;
	while (1ull << 2 * order->half_bits < count)
		order->half_bits++;
	order->at = 0;
}

static uint64_t scatter(const struct pattern_order *order, uint64_t x)
{
	uint64_t mask = (1ull << order->half_bits) - 1;
	uint64_t left = x >> order->half_bits, right = x & mask;

	for (unsigned int round = 0; round < 4; round++) {
		uint64_t mixed = left ^ (pattern_mix((order->seed + round) ^ (right << 8)) & mask);

		left = right;
		right = mixed;
	}
	return left << order->half_bits | right;
}

uint64_t pattern_order_next(struct pattern_order *order)
{
	uint64_t x;

	do {
		x = scatter(order, order->at++);
	} while (x >= order->count);
	return x;
}
