/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every struct member of the guest kernel that the harness reads, in one list.
 * Offsets come from the guest's own BTF; a NEED member that is missing fails
 * guest_open() by name, a MAY member becomes LAYOUT_NONE and what is read
 * through it becomes "unknown".  A|B, of a struct or of a member: B where there
 * is no A.
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
	NEED(task_state, "task_struct", "__state|state")                                           \
	NEED(task_flags, "task_struct", "flags")                                                   \
	NEED(task_pid, "task_struct", "pid")                                                       \
	NEED(task_tgid, "task_struct", "tgid")                                                     \
	NEED(task_comm, "task_struct", "comm")                                                     \
	NEED(task_nvcsw, "task_struct", "nvcsw")                                                   \
	NEED(task_nivcsw, "task_struct", "nivcsw")                                                 \
	NEED(task_mm, "task_struct", "mm")                                                         \
	NEED(task_utime, "task_struct", "utime")                                                   \
	NEED(signal_thread_head, "signal_struct", "thread_head")                                   \
	NEED(frame_bp, "inactive_task_frame", "bp")                                                \
	NEED(frame_ret, "inactive_task_frame", "ret_addr")                                         \
	NEED(regs_ip, "pt_regs", "ip")                                                             \
	NEED(regs_sp, "pt_regs", "sp")                                                             \
	NEED(regs_bp, "pt_regs", "bp")                                                             \
	NEED(regs_cs, "pt_regs", "cs")                                                             \
	NEED(regs_r10, "pt_regs", "r10")                                                           \
	NEED(regs_r13, "pt_regs", "r13")                                                           \
	NEED(regs_di, "pt_regs", "di")                                                             \
	NEED(regs_dx, "pt_regs", "dx")                                                             \
	MAY(hot_task, "pcpu_hot", "current_task")                                                  \
	MAY(hot_irq_stack, "pcpu_hot", "hardirq_stack_ptr")                                        \
	/* unwind tables of modules: text is in mem[] since 6.4, in core_layout before */          \
	MAY(module_list, "module", "list")                                                         \
	MAY(module_orcs, "module", "arch.num_orcs")                                                \
	MAY(module_orc_ip, "module", "arch.orc_unwind_ip")                                         \
	MAY(module_orc, "module", "arch.orc_unwind")                                               \
	MAY(module_mem, "module", "mem")                                                           \
	MAY(module_memory_base, "module_memory", "base")                                           \
	MAY(module_memory_size, "module_memory", "size")                                           \
	MAY(module_core_base, "module", "core_layout.base")                                        \
	MAY(module_core_size, "module", "core_layout.size")                                        \
	/* locks: the head of a ring of waiters, or a pointer to the first of them */              \
	NEED(mutex_owner, "mutex", "owner")                                                        \
	MAY(mutex_wait_list, "mutex", "wait_list")                                                 \
	MAY(mutex_first_waiter, "mutex", "first_waiter")                                           \
	NEED(mutex_waiter_list, "mutex_waiter", "list")                                            \
	NEED(mutex_waiter_task, "mutex_waiter", "task")                                            \
	MAY(rwsem_owner, "rw_semaphore", "owner")                                                  \
	MAY(rwsem_wait_list, "rw_semaphore", "wait_list")                                          \
	MAY(rwsem_first_waiter, "rw_semaphore", "first_waiter")                                    \
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
	MAY(page_queue_folio, "wait_page_queue", "folio|page")                                     \
	MAY(page_queue_bit, "wait_page_queue", "bit_nr")                                           \
	MAY(page_queue_wait, "wait_page_queue", "wait")                                            \
	MAY(sbq_wait_sbq, "sbq_wait", "sbq")                                                       \
	MAY(sbq_wait_wait, "sbq_wait", "wait")                                                     \
	MAY(sbq_queues, "sbitmap_queue", "ws")                                                     \
	MAY(mempool_wait, "mempool_s|mempool", "wait")                                             \
	MAY(mempool_min_nr, "mempool_s|mempool", "min_nr")                                         \
	MAY(mempool_curr_nr, "mempool_s|mempool", "curr_nr")                                       \
	MAY(mempool_elements, "mempool_s|mempool", "elements")                                     \
	MAY(mempool_alloc, "mempool_s|mempool", "alloc")                                           \
	MAY(mempool_data, "mempool_s|mempool", "pool_data")                                        \
	MAY(cache_name, "kmem_cache", "name")                                                      \
	MAY(cache_list, "kmem_cache", "list")                                                      \
	MAY(cache_bytes, "kmem_cache", "size")                                                     \
	MAY(cache_left_pad, "kmem_cache", "red_left_pad")                                          \
	MAY(section_map, "mem_section", "section_mem_map")                                         \
	MAY(slab_cache, "slab|page", "slab_cache")                                                 \
	MAY(node_pfmemalloc_wait, "pglist_data", "pfmemalloc_wait")                                \
	MAY(page_flags, "page", "flags")                                                           \
	MAY(page_compound_head, "page", "compound_head|compound_info")                             \
	/* which cgroup a task is in */                                                            \
	MAY(task_cgroups, "task_struct", "cgroups")                                                \
	MAY(css_set_cgroup, "css_set", "dfl_cgrp")                                                 \
	MAY(cgroup_kn, "cgroup", "kn")                                                             \
	MAY(kernfs_name, "kernfs_node", "name")                                                    \
	/* memory */                                                                               \
	NEED(node_zones, "pglist_data", "node_zones")                                              \
	NEED(node_nr_zones, "pglist_data", "nr_zones")                                             \
	NEED(node_vm_stat, "pglist_data", "vm_stat")                                               \
	NEED(node_percpu, "pglist_data", "per_cpu_nodestats")                                      \
	NEED(zone_name, "zone", "name")                                                            \
	NEED(zone_watermark, "zone", "_watermark")                                                 \
	MAY(zone_boost, "zone", "watermark_boost")                                                 \
	MAY(zone_highatomic, "zone", "nr_reserved_highatomic")                                     \
	NEED(zone_vm_stat, "zone", "vm_stat")                                                      \
	NEED(zone_managed, "zone", "managed_pages")                                                \
	NEED(zone_percpu, "zone", "per_cpu_zonestats|pageset")                                     \
	NEED(percpu_zone_diff, "per_cpu_zonestat|per_cpu_pageset", "vm_stat_diff")                 \
	NEED(percpu_node_diff, "per_cpu_nodestat", "vm_node_stat_diff")                            \
	NEED(rq_nr_running, "rq", "nr_running")                                                    \
	/* requests */                                                                             \
	NEED(idr_head, "idr", "idr_rt.xa_head")                                                    \
	NEED(xa_node_shift, "xa_node", "shift")                                                    \
	NEED(xa_node_slots, "xa_node", "slots")                                                    \
	NEED(tag_set_tags, "blk_mq_tag_set", "tags")                                               \
	NEED(tag_set_queues, "blk_mq_tag_set", "nr_hw_queues")                                     \
	NEED(tags_nr, "blk_mq_tags", "nr_tags")                                                    \
	NEED(tags_rqs, "blk_mq_tags", "rqs")                                                       \
	NEED(request_state, "request", "state")                                                    \
	NEED(request_tag, "request", "tag")                                                        \
	NEED(request_start_ns, "request", "start_time_ns")                                         \
	NEED(disk_part0, "gendisk", "part0")                                                       \
	MAY(bdev_stats, "block_device", "bd_stats")                                                \
	/* before 5.11 part0 was no block device, but a struct hd_struct within the disk */        \
	MAY(bdev_part, "block_device", "bd_part")                                                  \
	MAY(part_stats, "hd_struct", "dkstats")                                                    \
	MAY(tags_static_rqs, "blk_mq_tags", "static_rqs")                                          \
	MAY(request_list, "request", "queuelist")                                                  \
	MAY(disk_stats_ios, "disk_stats", "ios")                                                   \
	MAY(nbd_cmd_flags, "nbd_cmd", "flags")                                                     \
	/* came with NBD_CMD_INFLIGHT, which is no enumerator (5.16) */                            \
	MAY(nbd_pid, "nbd_device", "pid")                                                          \
	MAY(nbd_cmd_device, "nbd_cmd", "nbd")                                                      \
	MAY(nbd_cmd_index, "nbd_cmd", "index")                                                     \
	MAY(nbd_sock_dead, "nbd_sock", "dead")                                                     \
	MAY(queue_hctx_table, "request_queue", "hctx_table.xa_head")                               \
	MAY(queue_hctx_array, "request_queue", "queue_hw_ctx")                                     \
	MAY(pool_node, "worker_pool", "node")                                                      \
	MAY(wq_flags, "workqueue_struct", "flags")                                                 \
	MAY(wq_node_active, "workqueue_struct", "node_nr_active")                                  \
	MAY(hctx_sched_tags, "blk_mq_hw_ctx", "sched_tags")                                        \
	/* sockets and NAPI */                                                                     \
	NEED(socket_sk, "socket", "sk")                                                            \
	NEED(sock_wmem_queued, "sock", "sk_wmem_queued")                                           \
	NEED(sock_sndbuf, "sock", "sk_sndbuf")                                                     \
	MAY(sock_flags, "sock", "__sk_common.skc_flags")                                           \
	MAY(sock_locked, "sock", "sk_lock.owned")                                                  \
	MAY(sock_lock_queue, "sock", "sk_lock.wq")                                                 \
	MAY(sock_backlog_rmem, "sock", "sk_backlog.rmem_alloc")                                    \
	MAY(sock_backlog_bytes, "sock", "sk_backlog.len")                                          \
	NEED(tcp_snd_una, "tcp_sock", "snd_una")                                                   \
	NEED(tcp_snd_nxt, "tcp_sock", "snd_nxt")                                                   \
	NEED(tcp_write_seq, "tcp_sock", "write_seq")                                               \
	MAY(tcp_rcv_nxt, "tcp_sock", "rcv_nxt")                                                    \
	MAY(icsk_retransmit_expires, "inet_connection_sock|sock",                                  \
	    "icsk_retransmit_timer.expires|tcp_retransmit_timer.expires")                          \
	MAY(icsk_retransmit_pprev, "inet_connection_sock|sock",                                    \
	    "icsk_retransmit_timer.entry.pprev|tcp_retransmit_timer.entry.pprev")                  \
	MAY(icsk_retransmits, "inet_connection_sock", "icsk_retransmits")                          \
	NEED(net_devices, "net", "dev_base_head")                                                  \
	MAY(net_statistics, "net", "mib.net_statistics")                                           \
	MAY(reserve_count, "netswap_counts", "count")                                              \
	MAY(softnet_processed, "softnet_data", "processed")                                        \
	NEED(netdev_list, "net_device", "dev_list")                                                \
	NEED(netdev_name, "net_device", "name")                                                    \
	NEED(netdev_napi, "net_device", "napi_list")                                               \
	NEED(napi_list, "napi_struct", "dev_list")                                                 \
	NEED(napi_state, "napi_struct", "state")                                                   \
	NEED(napi_poll, "napi_struct", "poll")                                                     \
	MAY(rq_napi, "receive_queue", "napi")                                                      \
	MAY(rq_vq, "receive_queue", "vq")                                                          \
	MAY(e1000e_napi, "e1000_adapter{ei}", "napi")                                              \
	MAY(e1000e_ring, "e1000_adapter{ei}", "rx_ring")                                           \
	MAY(e1000e_count, "e1000_ring", "count")                                                   \
	MAY(e1000e_use, "e1000_ring", "next_to_use")                                               \
	MAY(e1000e_clean, "e1000_ring", "next_to_clean")                                           \
	MAY(e1000_napi, "e1000_adapter{pcix_82544}", "napi")                                       \
	MAY(e1000_ring, "e1000_adapter{pcix_82544}", "rx_ring")                                    \
	MAY(e1000_count, "e1000_rx_ring", "count")                                                 \
	MAY(e1000_use, "e1000_rx_ring", "next_to_use")                                             \
	MAY(e1000_clean, "e1000_rx_ring", "next_to_clean")                                         \
	MAY(rq_drops, "receive_queue", "stats.drops")                                              \
	MAY(cp_napi, "cp_private", "napi")                                                         \
	MAY(cp_ring, "cp_private", "rx_ring")                                                      \
	MAY(cp_status, "cp_desc", "opts1")                                                         \
	MAY(netdev_rx_dropped, "net_device", "stats.rx_dropped")                                   \
	MAY(vmx_napi, "vmxnet3_rx_queue", "napi")                                                  \
	MAY(vmx_ring, "vmxnet3_rx_queue", "rx_ring")                                               \
	MAY(vmx_failed, "vmxnet3_rx_queue", "stats.rx_buf_alloc_failure")                          \
	MAY(vmx_size, "vmxnet3_cmd_ring", "size")                                                  \
	MAY(vmx_fill, "vmxnet3_cmd_ring", "next2fill")                                             \
	MAY(vmx_done, "vmxnet3_cmd_ring", "next2comp")                                             \
	MAY(vq_num_free, "virtqueue", "num_free")                                                  \
	MAY(vq_num_max, "virtqueue|vring_virtqueue", "num_max|split.vring.num")

/* Members that are of use only together: one list per view. */
#define LAYOUT_BLOCK(MEMBER)                                                                       \
	MEMBER(sb_inodes, "super_block", "s_inodes")                                               \
	MEMBER(inode_sb_list, "inode", "i_sb_list")                                                \
	MEMBER(bdev_inode_bdev, "bdev_inode", "bdev")                                              \
	MEMBER(bdev_inode_inode, "bdev_inode", "vfs_inode")                                        \
	MEMBER(bdev_disk, "block_device", "bd_disk")                                               \
	MEMBER(disk_name, "gendisk", "disk_name")                                                  \
	MEMBER(disk_queue, "gendisk", "queue")                                                     \
	MEMBER(queue_tag_set, "request_queue", "tag_set")                                          \
	MEMBER(queue_elevator, "request_queue", "elevator")                                        \
	MEMBER(queue_ops, "request_queue", "mq_ops")                                               \
	MEMBER(tags_bitmap, "blk_mq_tags", "__bitmap_tags|bitmap_tags")                            \
	MEMBER(sbq_depth, "sbitmap_queue", "sb.depth")                                             \
	MEMBER(sbq_shift, "sbitmap_queue", "sb.shift")                                             \
	MEMBER(sbq_map, "sbitmap_queue", "sb.map")                                                 \
	MEMBER(sbitmap_word, "sbitmap_word", "word")                                               \
	MEMBER(sbitmap_cleared, "sbitmap_word", "cleared")                                         \
	MEMBER(request_queue, "request", "q")                                                      \
	MEMBER(request_flags, "request", "cmd_flags")                                              \
	MEMBER(request_len, "request", "__data_len")                                               \
	MEMBER(request_bio, "request", "bio")                                                      \
	MEMBER(bio_next, "bio", "bi_next")                                                         \
	MEMBER(bio_vecs, "bio", "bi_io_vec")                                                       \
	MEMBER(bio_index, "bio", "bi_iter.bi_idx")                                                 \
	MEMBER(bio_size, "bio", "bi_iter.bi_size")                                                 \
	MEMBER(bio_done, "bio", "bi_iter.bi_bvec_done|bi_iter.bi_offset")                          \
	MEMBER(bvec_page, "bio_vec", "bv_page")                                                    \
	MEMBER(bvec_len, "bio_vec", "bv_len")                                                      \
	MEMBER(bvec_offset, "bio_vec", "bv_offset")

#define LAYOUT_NBD(MEMBER)                                                                         \
	MEMBER(nbd_tag_set, "nbd_device", "tag_set")                                               \
	MEMBER(nbd_config, "nbd_device", "config")                                                 \
	MEMBER(nbd_disk, "nbd_device", "disk")                                                     \
	MEMBER(nbd_config_socks, "nbd_config", "socks")                                            \
	MEMBER(nbd_config_connections, "nbd_config", "num_connections")                            \
	MEMBER(nbd_sock_sock, "nbd_sock", "sock")                                                  \
	MEMBER(nbd_sock_tx_lock, "nbd_sock", "tx_lock")

#define LAYOUT_SOCKETS(MEMBER)                                                                     \
	MEMBER(hashinfo_table, "inet_hashinfo", "ehash")                                           \
	MEMBER(hashinfo_mask, "inet_hashinfo", "ehash_mask")                                       \
	MEMBER(sock_state, "sock_common", "skc_state")                                             \
	MEMBER(sock_nulls_node, "sock_common", "skc_nulls_node")                                   \
	MEMBER(sock_dport, "sock_common", "skc_dport")

#define LAYOUT_RPC(MEMBER)                                                                         \
	MEMBER(net_gen, "net", "gen")                                                              \
	MEMBER(sunrpc_clients, "sunrpc_net", "all_clients")                                        \
	MEMBER(clnt_clients, "rpc_clnt", "cl_clients")                                             \
	MEMBER(clnt_tasks, "rpc_clnt", "cl_tasks")                                                 \
	MEMBER(rpc_task_node, "rpc_task", "tk_task")                                               \
	MEMBER(rpc_task_state, "rpc_task", "tk_runstate")                                          \
	MEMBER(rpc_task_proc, "rpc_task", "tk_msg.rpc_proc")                                       \
	MEMBER(rpc_task_rqst, "rpc_task", "tk_rqstp")                                              \
	MEMBER(rpc_xid, "rpc_rqst", "rq_xid")                                                      \
	MEMBER(rpc_proc_name, "rpc_procinfo", "p_name")

#define LAYOUT_TIMERS(MEMBER)                                                                      \
	MEMBER(timer_vectors, "timer_base", "vectors")                                             \
	MEMBER(timer_entry, "timer_list", "entry")                                                 \
	MEMBER(timer_expires, "timer_list", "expires")                                             \
	MEMBER(timer_function, "timer_list", "function")                                           \
	MEMBER(delayed_timer, "delayed_work", "timer")                                             \
	MEMBER(timer_work_func, "delayed_work", "work.func")                                       \
	MEMBER(queue_timeout, "request_queue", "timeout")                                          \
	MEMBER(queue_ops_at, "request_queue", "mq_ops")

#define LAYOUT_WORK(MEMBER)                                                                        \
	MEMBER(pool_cpu, "worker_pool", "cpu")                                                     \
	MEMBER(pool_id, "worker_pool", "id")                                                       \
	MEMBER(pool_nr_workers, "worker_pool", "nr_workers")                                       \
	MEMBER(pool_nr_idle, "worker_pool", "nr_idle")                                             \
	MEMBER(pool_worklist, "worker_pool", "worklist")                                           \
	MEMBER(pool_workers, "worker_pool", "workers")                                             \
	MEMBER(worker_node, "worker", "node")                                                      \
	MEMBER(worker_task, "worker", "task")                                                      \
	MEMBER(worker_work, "worker", "current_work")                                              \
	MEMBER(worker_func, "worker", "current_func")                                              \
	MEMBER(worker_pwq, "worker", "current_pwq")                                                \
	MEMBER(worker_scheduled, "worker", "scheduled")                                            \
	MEMBER(work_data, "work_struct", "data")                                                   \
	MEMBER(work_entry, "work_struct", "entry")                                                 \
	MEMBER(work_func, "work_struct", "func")                                                   \
	MEMBER(barrier_work, "wq_barrier", "work")                                                 \
	MEMBER(barrier_done, "wq_barrier", "done")                                                 \
	MEMBER(pwq_pool, "pool_workqueue", "pool")                                                 \
	MEMBER(pwq_wq, "pool_workqueue", "wq")                                                     \
	MEMBER(pwq_node, "pool_workqueue", "pwqs_node")                                            \
	MEMBER(pwq_inactive, "pool_workqueue", "inactive_works|delayed_works")                     \
	MEMBER(wq_list, "workqueue_struct", "list")                                                \
	MEMBER(wq_pwqs, "workqueue_struct", "pwqs")                                                \
	MEMBER(wq_name, "workqueue_struct", "name")                                                \
	MEMBER(wq_rescuer, "workqueue_struct", "rescuer")

#define LAYOUT_FLUSH(MEMBER)                                                                       \
	MEMBER(worker_color, "worker", "current_color")                                            \
	MEMBER(wq_flush_color, "workqueue_struct", "flush_color")                                  \
	MEMBER(wq_first_flusher, "workqueue_struct", "first_flusher")                              \
	MEMBER(wq_flusher_queue, "workqueue_struct", "flusher_queue")                              \
	MEMBER(wq_flusher_overflow, "workqueue_struct", "flusher_overflow")                        \
	MEMBER(flusher_list, "wq_flusher", "list")                                                 \
	MEMBER(flusher_color, "wq_flusher", "flush_color")                                         \
	MEMBER(flusher_done, "wq_flusher", "done")

#define LAYOUT_RECLAIM(MEMBER)                                                                     \
	MEMBER(task_reclaim_state, "task_struct", "reclaim_state")                                 \
	MEMBER(scan_reclaim_state, "scan_control", "reclaim_state")                                \
	MEMBER(scan_gfp, "scan_control", "gfp_mask")                                               \
	MEMBER(scan_reclaimed, "scan_control", "nr_reclaimed")

#define LAYOUT_GROUPS(GROUP)                                                                       \
	GROUP(nbd, LAYOUT_NBD)                                                                     \
	GROUP(sockets, LAYOUT_SOCKETS)                                                             \
	GROUP(timers, LAYOUT_TIMERS)                                                               \
	GROUP(rpc, LAYOUT_RPC)                                                                     \
	GROUP(block, LAYOUT_BLOCK)                                                                 \
	GROUP(work, LAYOUT_WORK)                                                                   \
	GROUP(flush, LAYOUT_FLUSH)                                                                 \
	GROUP(reclaim, LAYOUT_RECLAIM)

/* Integers that are bitfields, or that change their size; width 0 where there is none. */
#define LAYOUT_BITS(BITS)                                                                          \
	BITS(task_on_cpu, "task_struct", "on_cpu")                                                 \
	BITS(task_in_memstall, "task_struct", "in_memstall")                                       \
	BITS(scan_order, "scan_control", "order")                                                  \
	BITS(scan_priority, "scan_control", "priority")

/* Counters of kernels with the patches of kernel-patches' instrument: name, enumerator. */
#define LAYOUT_RESERVE(COUNTER)                                                                    \
	COUNTER(pages_pf_memalloc, NETSWAP_PAGES_PF_MEMALLOC)                                      \
	COUNTER(pages_gfp_memalloc, NETSWAP_PAGES_GFP_MEMALLOC)                                    \
	COUNTER(pages_oom, NETSWAP_PAGES_OOM)                                                      \
	COUNTER(pages_atomic, NETSWAP_PAGES_ATOMIC)                                                \
	COUNTER(pages_high, NETSWAP_PAGES_HIGH)                                                    \
	COUNTER(pages_no_right, NETSWAP_PAGES_NO_RIGHT)                                            \
	COUNTER(pages_kswapd, NETSWAP_PAGES_KSWAPD)                                                \
	COUNTER(pages_reclaim, NETSWAP_PAGES_RECLAIM)                                              \
	COUNTER(pages_softirq, NETSWAP_PAGES_SOFTIRQ)                                              \
	COUNTER(pages_hardirq, NETSWAP_PAGES_HARDIRQ)                                              \
	COUNTER(pages_task, NETSWAP_PAGES_TASK)                                                    \
	COUNTER(slabs, NETSWAP_SLABS)                                                              \
	COUNTER(objects_loaded, NETSWAP_OBJECTS_LOADED)                                            \
	COUNTER(objects_returned, NETSWAP_OBJECTS_RETURNED)                                        \
	COUNTER(objects_entitled, NETSWAP_OBJECTS_ENTITLED)                                        \
	COUNTER(objects_unentitled, NETSWAP_OBJECTS_UNENTITLED)                                    \
	COUNTER(skb_alloc_softirq, NETSWAP_SKB_ALLOC_SOFTIRQ)                                      \
	COUNTER(skb_alloc_task, NETSWAP_SKB_ALLOC_TASK)                                            \
	COUNTER(skb_frag_rx, NETSWAP_SKB_FRAG_RX)                                                  \
	COUNTER(skb_rx, NETSWAP_SKB_RX)                                                            \
	COUNTER(drop_filter, NETSWAP_DROP_FILTER)                                                  \
	COUNTER(drop_protocol, NETSWAP_DROP_PROTOCOL)                                              \
	COUNTER(throttle_begun, NETSWAP_THROTTLE_BEGUN)                                            \
	COUNTER(throttle_ended, NETSWAP_THROTTLE_ENDED)                                            \
	COUNTER(throttle_ns, NETSWAP_THROTTLE_NS)                                                  \
	COUNTER(refill_failed, NETSWAP_REFILL_FAILED)

enum reserve_counter {
#define COUNTER(name, enumerator) RESERVE_##name,
	LAYOUT_RESERVE(COUNTER)
#undef COUNTER
		RESERVE_COUNTERS
};

struct layout {
#define FIELD(field, type, path) guint field;
	LAYOUT_MEMBERS(FIELD, FIELD)
#define GROUP(name, members)                                                                       \
	const char *lacks_##name; /* "struct.member" that is missing; NULL: it is complete */      \
	members(FIELD)
	LAYOUT_GROUPS(GROUP)
#undef GROUP
#undef FIELD
#define BITS(field, type, path) struct types_bits field;
	LAYOUT_BITS(BITS)
#undef BITS
	/* sizes of structs, 0 where this kernel has none */
	guint zone_bytes, page_bytes, disk_struct_bytes, request_struct_bytes, bvec_struct_bytes;
	guint sbitmap_word_bytes, section_bytes, cp_desc_bytes;
	guint xa_slots_bytes; /* of xa_node.slots */
	guint timer_base_bytes;
	guint timer_vectors_bytes; /* of timer_base.vectors */
	guint cp_skbs_bytes;	   /* of cp_private.rx_skb: as many as the ring has entries */
	/* enumerators: index into the kernel's arrays, -1 where this kernel has none */
	gint64 nr_free_pages, nr_writeback, nr_dirty, nr_written;
	gint64 napi_sched, napi_npsvc;
	gint64 rq_in_flight;
	gint64 pg_locked, pg_writeback, pg_dirty, pg_swapcache, pg_swapbacked;
	gint64 sock_memalloc;
	gint64 mib_pfmemalloc_drop, mib_tcp_mem_drop; /* of linux_mib.mibs[] */
	/* how work_struct.data holds its pool_workqueue and its flush color */
	gint64 work_is_pwq, work_pwq_shift, work_color_shift, work_color_bits;
	gint64 wq_unbound;
	gint64 reserve[RESERVE_COUNTERS]; /* of netswap_counts.count[] */
	gint64 zone_types;
};

gboolean layout_load(struct layout *l, const struct types *types, GError **error);

#endif
