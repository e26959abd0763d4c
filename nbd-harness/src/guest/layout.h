/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every struct member of the guest kernel that the harness reads, in one list.
 * Offsets come from the guest's own BTF; a NEED member that is missing fails
 * guest_open() by name, a MAY member becomes LAYOUT_NONE and what is read
 * through it becomes "unknown".
 */
#ifndef NETSWAP_GUEST_LAYOUT_H
#define NETSWAP_GUEST_LAYOUT_H

#include <glib.h>

#include "guest/types.h"

#define LAYOUT_NONE G_MAXUINT

/*	kind  field of struct layout        struct		     member */
#define LAYOUT_MEMBERS(NEED, MAY)                                                                  \
	/* tasks */                                                                                \
	NEED(task_tasks, "task_struct", "tasks")                                                   \
	NEED(task_thread_node, "task_struct", "thread_node")                                       \
	NEED(task_signal, "task_struct", "signal")                                                 \
	NEED(task_stack, "task_struct", "stack")                                                   \
	NEED(task_sp, "task_struct", "thread.sp")                                                  \
	NEED(task_state, "task_struct", "__state")                                                 \
	NEED(task_flags, "task_struct", "flags")                                                   \
	NEED(task_pid, "task_struct", "pid")                                                       \
	NEED(task_tgid, "task_struct", "tgid")                                                     \
	NEED(task_comm, "task_struct", "comm")                                                     \
	NEED(task_nvcsw, "task_struct", "nvcsw")                                                   \
	NEED(task_nivcsw, "task_struct", "nivcsw")                                                 \
	NEED(task_mm, "task_struct", "mm")                                                         \
	NEED(task_utime, "task_struct", "utime")                                                   \
	NEED(task_on_cpu, "task_struct", "on_cpu")                                                 \
	NEED(signal_thread_head, "signal_struct", "thread_head")                                   \
	NEED(frame_bp, "inactive_task_frame", "bp")                                                \
	NEED(frame_ret, "inactive_task_frame", "ret_addr")                                         \
	/* locks */                                                                                \
	NEED(mutex_owner, "mutex", "owner")                                                        \
	NEED(mutex_wait_list, "mutex", "wait_list")                                                \
	NEED(mutex_waiter_list, "mutex_waiter", "list")                                            \
	NEED(mutex_waiter_task, "mutex_waiter", "task")                                            \
	MAY(rwsem_owner, "rw_semaphore", "owner")                                                  \
	MAY(rwsem_wait_list, "rw_semaphore", "wait_list")                                          \
	MAY(rwsem_waiter_list, "rwsem_waiter", "list")                                             \
	MAY(rwsem_waiter_task, "rwsem_waiter", "task")                                             \
	/* what else a sleeper's stack holds: wait entries, and the objects they queue on */       \
	NEED(swait_task, "swait_queue", "task")                                                    \
	NEED(swait_list, "swait_queue", "task_list")                                               \
	NEED(completion_done, "completion", "done")                                                \
	NEED(completion_list, "completion", "wait.task_list")                                      \
	NEED(wait_private, "wait_queue_entry", "private")                                          \
	NEED(wait_func, "wait_queue_entry", "func")                                                \
	NEED(wait_entry, "wait_queue_entry", "entry")                                              \
	NEED(queue_list, "wait_queue_head", "head")                                                \
	MAY(page_queue_folio, "wait_page_queue", "folio")                                          \
	MAY(page_queue_bit, "wait_page_queue", "bit_nr")                                           \
	MAY(page_queue_wait, "wait_page_queue", "wait")                                            \
	MAY(sbq_wait_sbq, "sbq_wait", "sbq")                                                       \
	MAY(sbq_wait_wait, "sbq_wait", "wait")                                                     \
	MAY(sbq_queues, "sbitmap_queue", "ws")                                                     \
	MAY(mempool_wait, "mempool_s", "wait")                                                     \
	MAY(mempool_min_nr, "mempool_s", "min_nr")                                                 \
	MAY(mempool_curr_nr, "mempool_s", "curr_nr")                                               \
	MAY(mempool_elements, "mempool_s", "elements")                                             \
	MAY(node_pfmemalloc_wait, "pglist_data", "pfmemalloc_wait")                                \
	/* memory */                                                                               \
	NEED(node_zones, "pglist_data", "node_zones")                                              \
	NEED(node_nr_zones, "pglist_data", "nr_zones")                                             \
	NEED(node_vm_stat, "pglist_data", "vm_stat")                                               \
	NEED(node_percpu, "pglist_data", "per_cpu_nodestats")                                      \
	NEED(zone_name, "zone", "name")                                                            \
	NEED(zone_watermark, "zone", "_watermark")                                                 \
	NEED(zone_vm_stat, "zone", "vm_stat")                                                      \
	NEED(zone_managed, "zone", "managed_pages")                                                \
	NEED(zone_percpu, "zone", "per_cpu_zonestats")                                             \
	NEED(percpu_zone_diff, "per_cpu_zonestat", "vm_stat_diff")                                 \
	NEED(percpu_node_diff, "per_cpu_nodestat", "vm_node_stat_diff")                            \
	NEED(rq_nr_running, "rq", "nr_running")                                                    \
	/* NBD and its requests */                                                                 \
	NEED(idr_head, "idr", "idr_rt.xa_head")                                                    \
	NEED(xa_node_shift, "xa_node", "shift")                                                    \
	NEED(xa_node_slots, "xa_node", "slots")                                                    \
	NEED(nbd_tag_set, "nbd_device", "tag_set")                                                 \
	NEED(nbd_config, "nbd_device", "config")                                                   \
	NEED(nbd_disk, "nbd_device", "disk")                                                       \
	NEED(nbd_config_socks, "nbd_config", "socks")                                              \
	NEED(nbd_config_connections, "nbd_config", "num_connections")                              \
	NEED(nbd_sock_sock, "nbd_sock", "sock")                                                    \
	NEED(nbd_sock_tx_lock, "nbd_sock", "tx_lock")                                              \
	NEED(tag_set_tags, "blk_mq_tag_set", "tags")                                               \
	NEED(tag_set_queues, "blk_mq_tag_set", "nr_hw_queues")                                     \
	NEED(tags_nr, "blk_mq_tags", "nr_tags")                                                    \
	NEED(tags_rqs, "blk_mq_tags", "static_rqs")                                                \
	NEED(request_state, "request", "state")                                                    \
	NEED(request_start_ns, "request", "start_time_ns")                                         \
	NEED(disk_part0, "gendisk", "part0")                                                       \
	MAY(bdev_stats, "block_device", "bd_stats")                                                \
	MAY(disk_stats_ios, "disk_stats", "ios")                                                   \
	/* sockets and NAPI */                                                                     \
	NEED(socket_sk, "socket", "sk")                                                            \
	NEED(sock_wmem_queued, "sock", "sk_wmem_queued")                                           \
	NEED(sock_sndbuf, "sock", "sk_sndbuf")                                                     \
	NEED(tcp_snd_una, "tcp_sock", "snd_una")                                                   \
	NEED(tcp_snd_nxt, "tcp_sock", "snd_nxt")                                                   \
	NEED(tcp_write_seq, "tcp_sock", "write_seq")                                               \
	MAY(tcp_rcv_nxt, "tcp_sock", "rcv_nxt")                                                    \
	MAY(icsk_retransmit_expires, "inet_connection_sock", "icsk_retransmit_timer.expires")      \
	MAY(icsk_retransmit_pprev, "inet_connection_sock", "icsk_retransmit_timer.entry.pprev")    \
	MAY(icsk_retransmits, "inet_connection_sock", "icsk_retransmits")                          \
	NEED(net_devices, "net", "dev_base_head")                                                  \
	NEED(netdev_list, "net_device", "dev_list")                                                \
	NEED(netdev_name, "net_device", "name")                                                    \
	NEED(netdev_napi, "net_device", "napi_list")                                               \
	NEED(napi_list, "napi_struct", "dev_list")                                                 \
	NEED(napi_state, "napi_struct", "state")                                                   \
	NEED(napi_poll, "napi_struct", "poll")                                                     \
	MAY(rq_napi, "receive_queue", "napi")                                                      \
	MAY(rq_vq, "receive_queue", "vq")                                                          \
	MAY(vq_num_free, "virtqueue", "num_free")                                                  \
	MAY(vq_num_max, "virtqueue", "num_max")

struct layout {
#define FIELD(field, type, path) guint field;
	LAYOUT_MEMBERS(FIELD, FIELD)
#undef FIELD
	guint zone_bytes; /* sizeof(struct zone) */
	/* enumerators: index into the kernel's arrays, -1 where this kernel has none */
	gint64 nr_free_pages, nr_writeback, nr_dirty;
	gint64 napi_sched, napi_npsvc;
	gint64 rq_in_flight;
	gint64 pg_locked, pg_writeback;
};

gboolean layout_load(struct layout *l, const struct types *types, GError **error);

#endif
