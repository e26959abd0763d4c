// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tail page says so with bit 0 of a word, whose other bits are the address of
 * the first page; or, in kernels that keep struct pages of huge pages once
 * only, the mask that makes the first page's address of this one's (7.3,
 * compound_info_has_mask()).  Which of the two it is, its value tells: a mask
 * has its ones on top, and no struct page lies at a power of two below the end
 * of the address space.
 */
#include "guest/folio.h"

#define TAIL 1ull

static gboolean is_mask(guint64 word)
{
	guint64 zeros = -word; /* 2^k, where the mask is all ones but k */

	return !(zeros & (zeros - 1));
}

guint64 folio_of(const struct guest *g, guint64 page)
{
	guint64 word;

	if (g->at.page_compound_head == LAYOUT_NONE ||
	    !guest_u64(g, page + g->at.page_compound_head, &word) || !(word & TAIL))
		return page;
	word &= ~TAIL;
	return is_mask(word) ? page & word : word;
}
