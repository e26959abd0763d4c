/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSWAP_GUEST_FOLIO_H
#define NETSWAP_GUEST_FOLIO_H

#include "guest/guest.h"

/* The address of the folio (its first page) that @page belongs to; @page where that is unknown. */
guint64 folio_of(const struct guest *g, guint64 page);

#endif
