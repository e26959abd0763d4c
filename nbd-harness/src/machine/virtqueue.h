/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device's own side of the NIC's receive queue: a second opinion on what
 * the driver's structures say.
 *
 * From x-query-virtio and x-query-virtio-queue-status as of QEMU 7.2, which are
 * not a stable interface; what cannot be understood is not known.
 */
#ifndef NETSWAP_MACHINE_VIRTQUEUE_H
#define NETSWAP_MACHINE_VIRTQUEUE_H

#include <json-glib/json-glib.h>

struct qmp;

/*
 * Receive buffers that virtio-net has seen posted in its first queue and not
 * used yet; fewer than are posted when it had no reason to look since.  -1: no
 * virtio-net, or not known.
 */
gint virtqueue_rx_seen(struct qmp *qmp);

/* Parts of it: the QOM path of the virtio-net device among all, or NULL; and the count. */
const char *virtqueue_find_net(JsonNode *devices);
gint virtqueue_count(JsonNode *status);

#endif
