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
 * Odd steps through a power of two reach every number below it once; those
 * past the end are skipped.  Multiplying scatters neighbours, and XOR by a
 * shift makes the low bits depend on the high ones; both are bijections.
 */
void pattern_order_init(struct pattern_order *order, uint64_t count, uint64_t seed)
{
	order->count = count;
	order->mask = 1;
	while (order->mask < count)
		order->mask <<= 1;
	order->shift = 1;
	while (order->mask >> order->shift > 1ull << order->shift)
		order->shift++;
	order->mask--;
	order->step = pattern_mix(seed) | 1;
	order->offset = pattern_mix(seed + 1);
	order->at = 0;
}

static uint64_t scatter(const struct pattern_order *order, uint64_t x)
{
	x = (x * order->step + order->offset) & order->mask;
	x ^= x >> order->shift;
	return x * order->step & order->mask;
}

uint64_t pattern_order_next(struct pattern_order *order)
{
	uint64_t x;

	do {
		x = scatter(order, order->at++ & order->mask);
	} while (x >= order->count);
	return x;
}
