// SPDX-License-Identifier: GPL-2.0-only
/*
 * A libFuzzer target with planted findings, one for each way in which libFuzzer
 * and the sanitizers speak of them; the first byte of the input chooses.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int planted_recursion(const uint8_t *data, volatile int depth)
{
	return planted_recursion(data, depth + 1) + data[0];
}

static void planted_leak(void)
{
	memset(malloc(100), 0, 100);
}

static int planted(const uint8_t *data, volatile size_t size)
{
	volatile int number = 0x7fffffff;

	switch (data[0]) {
	case 'a':
		abort();
	case 'b':
		return data[size];
	case 'l':
		planted_leak();
		break;
	case 'o':
		number += (int)size;
		break;
	case 'r':
		return planted_recursion(data, 0);
	case 't':
		while (number)
			;
	}
	return number;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return size && planted(data, size) == 1;
}
