/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scope guards for our own structs, where g_autoptr() would need a typedef:
 *
 *	DEFINE_SCOPED(kernel, kernel_free)	beside kernel_free()'s declaration
 *	SCOPED(kernel) k = kernel_obtain(...);	a struct kernel *, freed at the block's end
 */
#ifndef NETSWAP_BASE_SCOPE_H
#define NETSWAP_BASE_SCOPE_H

#define DEFINE_SCOPED(name, free_function)                                                         \
	static inline void scoped_##name(struct name **p)                                          \
	{                                                                                          \
		if (*p)                                                                            \
			free_function(*p);                                                         \
	}

#define SCOPED(name) __attribute__((cleanup(scoped_##name))) struct name *

#endif
