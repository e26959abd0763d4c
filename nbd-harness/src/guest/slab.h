/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's slab caches, and which addresses are objects of one. */
#ifndef NETSWAP_GUEST_SLAB_H
#define NETSWAP_GUEST_SLAB_H

#include "guest/guest.h"

struct slab_cache {
	guint64 address; /* of struct kmem_cache */
	char name[32];
	guint32 bytes;	  /* from one object to the next */
	guint32 left_pad; /* in front of each (red zones) */
};

/* The cache at @address, if it is one: a member of the kernel's list of them. */
gboolean slab_cache_read(const struct guest *g, guint64 address, struct slab_cache *cache);

/*
 * Where the object of @cache begins that @address, of the direct map, lies in,
 * in use or not; 0: in none.
 */
guint64 slab_object_at(const struct guest *g, const struct slab_cache *cache, guint64 address);

#endif
