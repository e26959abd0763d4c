// SPDX-License-Identifier: GPL-2.0-only
/*
 * blockdev_superblock.s_inodes -> bdev_inode -> block_device -> gendisk
 *	-> queue.tag_set -> tags[] -> rqs[] -> request -> bio -> page
 *
 * Why this way: every block device has its inode on that one list, which looks
 * the same from 5.10 to 7.3, whereas the driver core's list of class devices
 * moved twice.  Partitions share their disk, which is seen once, as part0.
 *
 * Who asks for a tag waits on the scheduler's tags if the queue has a
 * scheduler, else on the driver's; requests in flight always have one of the
 * driver's.  A tag set may serve several queues (SCSI): a request counts where
 * its q points.
 */
#include "guest/view_block.h"

#include "guest/folio.h"
#include "guest/xarray.h"

#define INODES_MAX	1024
#define QUEUES_MAX	64
#define TAGS_MAX	1024
#define WORDS_MAX	1024 /* of a sbitmap */
#define BIOS_MAX	512  /* of a request */
#define VECS_MAX	512  /* of a bio */
#define REQ_OP_MASK	255u /* include/linux/blk_types.h */
#define SUPERBLOCK_NAME "blockdev_superblock"

struct pass {
	const struct view_nbd *nbd;
	gint64 host_us;
	struct snapshot *snapshot;
	gboolean complete;
};

struct disk {
	guint64 address, queue, ops;
	char name[16];
	gboolean local; /* not of the network */
};

static const char *op_name(guint32 flags)
{
	/* enum req_op, unchanged but for zone append */
	static const char *const names[] = {
		[0] = "read",	      [1] = "write",	     [2] = "flush",
		[3] = "discard",      [5] = "secure erase",  [9] = "write zeroes",
		[34] = "driver read", [35] = "driver write",
	};
	guint op = flags & REQ_OP_MASK;

	return op < G_N_ELEMENTS(names) ? g_intern_static_string(names[op]) : NULL;
}

/* Bits that are set in word @i of the sbitmap at @map, of which @bits count. */
static gboolean read_word(const struct guest *g, guint64 map, guint i, guint bits, guint64 *word)
{
	guint64 at = map + (guint64)i * g->at.sbitmap_word_bytes, cleared;

	if (i >= WORDS_MAX || !guest_u64(g, at + g->at.sbitmap_word, word) ||
	    !guest_u64(g, at + g->at.sbitmap_cleared, &cleared))
		return FALSE;
	/* Freed bits are marked in cleared, and folded in when the word runs out. */
	*word &= ~cleared;
	if (bits < 64)
		*word &= (1ull << bits) - 1;
	return TRUE;
}

static gboolean read_sbitmap(const struct guest *g, guint64 sbq, guint32 *depth, guint32 *shift,
			     guint64 *map)
{
	return guest_u32(g, sbq + g->at.sbq_depth, depth) &&
	       guest_u32(g, sbq + g->at.sbq_shift, shift) &&
	       guest_u64(g, sbq + g->at.sbq_map, map) && *shift <= 6;
}

gboolean view_block_each_taken(const struct guest *g, guint64 sbq, guint max,
			       view_block_taken_fn see, gpointer data)
{
	guint32 depth, shift;
	guint64 map, word;

	if (!read_sbitmap(g, sbq, &depth, &shift, &map))
		return FALSE;
	depth = MIN(depth, max);
	for (guint i = 0; (guint64)i << shift < depth; i++) {
		guint first = i << shift;

		if (!read_word(g, map, i, MIN(depth - first, 1u << shift), &word))
			return FALSE;
		for (; word; word &= word - 1)
			see(g, first + __builtin_ctzll(word), data);
	}
	return TRUE;
}

gboolean view_block_count(const struct guest *g, guint64 sbq, guint32 *depth, guint32 *taken)
{
	guint32 shift;
	guint64 map, word;

	*taken = 0;
	if (!read_sbitmap(g, sbq, depth, &shift, &map))
		return FALSE;
	for (guint i = 0; (guint64)i << shift < *depth; i++) {
		if (!read_word(g, map, i, MIN(*depth - (i << shift), 1u << shift), &word))
			return FALSE;
		*taken += __builtin_popcountll(word);
	}
	return TRUE;
}

/* @name carries the @pages pages from @page on. */
static void carry(const struct guest *g, GArray *folios, guint64 page, guint pages,
		  const char *name)
{
	guint64 first = folios->len ? folio_of(g, page) : 0;

	for (guint i = 0; i < folios->len; i++) {
		struct folio_facts *folio = &g_array_index(folios, struct folio_facts, i);

		if (folio->address == first ||
		    folio->address - page < (guint64)pages * g->at.page_bytes)
			g_strlcpy(folio->request, name, sizeof(folio->request));
	}
}

/* What the bio has left to do: its iterator says where in the vectors that begins. */
static void see_bio(const struct guest *g, guint64 bio, struct request_facts *facts, GArray *folios)
{
	guint64 vecs;
	guint32 index, left, done;

	if (!guest_u64(g, bio + g->at.bio_vecs, &vecs) ||
	    !guest_u32(g, bio + g->at.bio_index, &index) ||
	    !guest_u32(g, bio + g->at.bio_size, &left) ||
	    !guest_u32(g, bio + g->at.bio_done, &done))
		return;
	for (guint i = 0; i < VECS_MAX && left; i++) {
		guint64 vec = vecs + (index + (guint64)i) * g->at.bvec_struct_bytes, page;
		guint32 bytes, offset;

		if (!guest_u64(g, vec + g->at.bvec_page, &page) || !guest_is_pointer(page) ||
		    !guest_u32(g, vec + g->at.bvec_len, &bytes) ||
		    !guest_u32(g, vec + g->at.bvec_offset, &offset) || bytes <= done)
			return;

		guint64 end = (guint64)offset + MIN(bytes, (guint64)done + left);
		guint64 skip = ((guint64)offset + done) / GUEST_PAGE_BYTES;

		page += skip * g->at.page_bytes;
		if (!facts->folio)
			facts->folio = folio_of(g, page);
		carry(g, folios, page, (end + GUEST_PAGE_BYTES - 1) / GUEST_PAGE_BYTES - skip,
		      facts->name);
		left -= MIN(left, bytes - done);
		done = 0;
	}
}

static void see_request(const struct guest *g, struct pass *pass, const struct disk *disk,
			struct tags_facts *tags, guint tag, guint64 request)
{
	struct request_facts facts = { .address = request };
	guint64 queue, start_ns, bio;
	guint32 state, has_tag, flags, bytes;

	if (!guest_u32(g, request + g->at.request_state, &state) ||
	    !guest_u32(g, request + g->at.request_tag, &has_tag) ||
	    !guest_u64(g, request + g->at.request_queue, &queue) ||
	    !guest_u64(g, request + g->at.request_start_ns, &start_ns) ||
	    !guest_u32(g, request + g->at.request_flags, &flags) ||
	    !guest_u32(g, request + g->at.request_len, &bytes) ||
	    !guest_u64(g, request + g->at.request_bio, &bio)) {
		pass->complete = FALSE;
		return;
	}
	if (state != g->at.rq_in_flight || has_tag != tag || queue != disk->queue)
		return;
	tags->in_flight++;
	g_snprintf(facts.name, sizeof(facts.name), "%s tag %u", tags->name, tag);
	facts.op = op_name(flags);
	facts.bytes = bytes;
	facts.local = disk->local;
	for (guint i = 0; i < BIOS_MAX && guest_is_pointer(bio); i++) {
		see_bio(g, bio, &facts, pass->snapshot->folios);
		if (!guest_u64(g, bio + g->at.bio_next, &bio))
			break;
	}
	view_nbd_request(pass->nbd, disk->ops, request, start_ns, pass->host_us, &facts);
	g_array_append_val(pass->snapshot->requests, facts);
}

static void see_requests(const struct guest *g, struct pass *pass, const struct disk *disk,
			 struct tags_facts *facts, guint64 tags)
{
	guint64 array, requests[TAGS_MAX];
	guint32 n;

	if (!guest_u32(g, tags + g->at.tags_nr, &n) ||
	    !guest_u64(g, tags + g->at.tags_rqs, &array) ||
	    !guest_read(g, array, requests, MIN(n, TAGS_MAX) * 8)) {
		pass->complete = FALSE;
		return;
	}
	pass->complete &= n <= TAGS_MAX;
	for (guint tag = 0; tag < MIN(n, TAGS_MAX); tag++) {
		if (requests[tag]) /* was ever used */
			see_request(g, pass, disk, facts, tag, requests[tag]);
	}
}

struct find {
	guint64 index, found;
};

static gboolean find_index(const struct guest *g, guint64 index, guint64 entry, gpointer data)
{
	struct find *find = data;

	if (index == find->index)
		find->found = entry;
	return TRUE;
}

/* Hardware context @i of @queue: from an XArray (5.19 to 6.18) or an array (before and after). */
static guint64 hctx_of(const struct guest *g, guint64 queue, guint i)
{
	struct find find = { .index = i };
	guint64 array;

	if (g->at.queue_hctx_table != LAYOUT_NONE)
		xarray_walk(g, queue + g->at.queue_hctx_table, QUEUES_MAX, find_index, &find);
	else if (g->at.queue_hctx_array != LAYOUT_NONE &&
		 guest_u64(g, queue + g->at.queue_hctx_array, &array))
		guest_u64(g, array + i * 8, &find.found);
	return find.found;
}

/* The tags that a request of hardware queue @i is taken from; @tags are the driver's. */
static guint64 tags_to_wait_for(const struct guest *g, const struct disk *disk, guint i,
				guint64 tags)
{
	guint64 elevator, sched_tags, hctx;

	if (!guest_u64(g, disk->queue + g->at.queue_elevator, &elevator) || !elevator)
		return tags;
	hctx = g->at.hctx_sched_tags != LAYOUT_NONE ? hctx_of(g, disk->queue, i) : 0;
	if (guest_is_pointer(hctx) && guest_u64(g, hctx + g->at.hctx_sched_tags, &sched_tags) &&
	    guest_is_pointer(sched_tags))
		return sched_tags;
	return tags;
}

static void name_tag_waits(GArray *tasks, const struct tags_facts *tags)
{
	for (guint i = 0; i < tasks->len; i++) {
		struct task_facts *t = &g_array_index(tasks, struct task_facts, i);

		if (t->on.kind == OBJECT_TAGS && t->on.address == tags->queue && !t->on.name[0])
			g_strlcpy(t->on.name, tags->name, sizeof(t->on.name));
	}
}

static void see_tags(const struct guest *g, struct pass *pass, const struct disk *disk,
		     const char *name, guint i, guint64 tags)
{
	struct tags_facts facts = { 0 };

	g_strlcpy(facts.name, name, sizeof(facts.name));
	facts.queue = tags_to_wait_for(g, disk, i, tags) + g->at.tags_bitmap;
	if (!view_block_count(g, facts.queue, &facts.depth, &facts.taken)) {
		pass->complete = FALSE;
		return;
	}
	see_requests(g, pass, disk, &facts, tags);
	name_tag_waits(pass->snapshot->tasks, &facts);
	g_array_append_val(pass->snapshot->tags, facts);
}

static void see_queue(const struct guest *g, struct pass *pass, const struct disk *disk)
{
	guint64 set, table, before = 0;
	guint32 queues;

	if (!guest_u64(g, disk->queue + g->at.queue_tag_set, &set)) {
		pass->complete = FALSE;
		return;
	}
	if (!set) /* takes bios: has no requests (dm, md, zram) */
		return;
	if (!guest_u32(g, set + g->at.tag_set_queues, &queues) ||
	    !guest_u64(g, set + g->at.tag_set_tags, &table)) {
		pass->complete = FALSE;
		return;
	}
	for (guint i = 0; i < MIN(queues, QUEUES_MAX); i++) {
		g_autofree char *name = queues == 1 ? g_strdup(disk->name)
						    : g_strdup_printf("%s queue %u", disk->name, i);
		guint64 tags;

		if (!guest_u64(g, table + i * 8, &tags) || !guest_is_pointer(tags))
			pass->complete = FALSE;
		else if (tags != before) /* else all share one */
			see_tags(g, pass, disk, name, i, tags);
		before = tags;
	}
}

/* Its own mempool, for bios that it splits, has no symbol. */
static void name_mempools(const struct guest *g, const struct disk *disk, GArray *mempools)
{
	for (guint i = 0; i < mempools->len; i++) {
		struct mempool_facts *m = &g_array_index(mempools, struct mempool_facts, i);

		if (m->address - disk->address < g->at.disk_struct_bytes)
			g_snprintf(m->name, sizeof(m->name), "%s bio_split", disk->name);
	}
}

/* @bdev is that of the whole @disk, not of a partition of it. */
static gboolean is_whole_disk(const struct guest *g, guint64 bdev, guint64 disk)
{
	guint64 part;

	if (g->at.bdev_part != LAYOUT_NONE)
		return guest_u64(g, bdev + g->at.bdev_part, &part) &&
		       part == disk + g->at.disk_part0;
	return guest_u64(g, disk + g->at.disk_part0, &part) && part == bdev;
}

static gboolean is_local(const struct guest *g, guint64 ops)
{
	return !ops || (ops != symbols_address(g->symbols, "nbd_mq_ops") &&
			ops != symbols_address(g->symbols, "nvme_tcp_mq_ops"));
}

static gboolean see_inode(const struct guest *g, guint64 inode, gpointer data)
{
	guint64 bdev = inode - g->at.bdev_inode_inode + g->at.bdev_inode_bdev;
	struct pass *pass = data;
	struct disk disk = { 0 };

	if (!guest_u64(g, bdev + g->at.bdev_disk, &disk.address))
		return FALSE;
	/* The list's root directory and devices in the making have no disk. */
	if (!guest_is_pointer(disk.address) || !is_whole_disk(g, bdev, disk.address))
		return TRUE;
	if (!guest_read_text(g, disk.address + g->at.disk_name, disk.name, sizeof(disk.name)) ||
	    !guest_u64(g, disk.address + g->at.disk_queue, &disk.queue) ||
	    !guest_is_pointer(disk.queue) ||
	    !guest_u64(g, disk.queue + g->at.queue_ops, &disk.ops)) {
		pass->complete = FALSE;
		return TRUE;
	}
	disk.local = is_local(g, disk.ops);
	name_mempools(g, &disk, pass->snapshot->mempools);
	see_queue(g, pass, &disk);
	return TRUE;
}

gboolean view_block_snapshot(const struct guest *g, const struct view_nbd *nbd, gint64 host_us,
			     struct snapshot *snapshot)
{
	struct pass pass = { nbd, host_us, snapshot, TRUE };
	guint64 variable = symbols_address(g->symbols, SUPERBLOCK_NAME), super;

	if (!variable || g->at.lacks_block)
		return TRUE;
	return guest_u64(g, variable, &super) && guest_is_pointer(super) &&
	       guest_list(g, super + g->at.sb_inodes, g->at.inode_sb_list, INODES_MAX, see_inode,
			  &pass) >= 0 &&
	       pass.complete;
}
