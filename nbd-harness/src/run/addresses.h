/* SPDX-License-Identifier: GPL-2.0-only */
/* The addresses on a run's link. */
#ifndef NETSWAP_RUN_ADDRESSES_H
#define NETSWAP_RUN_ADDRESSES_H

/* link.kind=user: QEMU's user network, its defaults. */
#define USER_HOST_ADDRESS "10.0.2.2"
#define USER_GUEST_LENGTH "10.0.2.15/24"

/* link.kind=pair: the two ends of the wire. */
#define PAIR_SERVER_ADDRESS "10.0.9.1"
#define PAIR_SERVER_LENGTH  PAIR_SERVER_ADDRESS "/24"
#define PAIR_GUEST_ADDRESS  "10.0.9.2"
#define PAIR_GUEST_LENGTH   PAIR_GUEST_ADDRESS "/24"

#endif
