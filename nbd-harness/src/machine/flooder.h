/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flooder: a program in the pod that sends datagrams to sockets of the guest
 * that asked for them (flood_wire.h), until the pod ends it.
 */
#ifndef NETSWAP_MACHINE_FLOODER_H
#define NETSWAP_MACHINE_FLOODER_H

#include "machine/pod.h"

/* Start it; its complaints go to @log_fd. */
struct pod_child *flooder_start(struct pod *pod, int log_fd, GError **error);

/* main() of it, reached through `netswap --flooder`; returns when it cannot listen. */
int flooder_main(guint16 port);

#endif
