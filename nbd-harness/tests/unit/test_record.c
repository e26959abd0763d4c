// SPDX-License-Identifier: GPL-2.0-only
/* The run record: what is read back is what was written, also when it ends in the middle of a line.
 */
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include <board.h>

#include "base/json.h"
#include "build/cache.h"
#include "judge/stack.h"
#include "run/facts_json.h"
#include "run/klog.h"
#include "run/record.h"

#define TICK_US 100000

static const struct judge_config config = { .floor_out_pages = 10,
					    .floor_in_pages = 5,
					    .boot_deadline_us = 60ll * G_USEC_PER_SEC,
					    .press_deadline_us = 300ll * G_USEC_PER_SEC };

static struct snapshot *knot(void)
{
	struct snapshot *s = snapshot_new();
	struct napi_facts napi = { .device = "eth0", .poll = "virtnet_poll", .disabled = TRUE };
	struct socket_facts socket = { .name = "nbd0 socket 0",
				       .unacked_bytes = 7,
				       .timer_in_jiffies = G_MININT64 };
	struct request_facts request = { .name = "nbd0 tag 3", .age_ms = 4200 };
	struct zone_facts zone = { .name = "DMA32",
				   .free_pages = 56,
				   .min_pages = 150,
				   .boost_pages = 50,
				   .highatomic_pages = 20 };
	struct task_facts t = {
		.address = 0xffff888000001000, .pid = 38, .state = 2, .frames = 3, .switches = 140
	};

	s->complete = s->server_running = s->server_answers = TRUE;
	g_strlcpy(t.comm, "kworker/1:1", sizeof(t.comm));
	t.stack[0] = (struct stack_frame){ 0xffffffff81000010, "sk_stream_wait_memory", 16, FALSE };
	t.stack[1] = (struct stack_frame){ 0xffffffff81000020, "refill_work", 32, TRUE };
	t.stack[2] = (struct stack_frame){ 0xffffffff81000030, "process_one_work", 48, FALSE };
	g_array_append_val(s->tasks, t);
	g_array_append_val(s->napis, napi);
	g_array_append_val(s->sockets, socket);
	g_array_append_val(s->requests, request);
	g_array_append_val(s->zones, zone);
	return s;
}

static char *new_dir(void)
{
	g_autofree char *dir = g_dir_make_tmp("netswap-record-XXXXXX", NULL);

	g_assert_nonnull(dir);
	return g_build_filename(dir, "run", NULL);
}

static void remove_dir(const char *run)
{
	g_autofree char *dir = g_path_get_dirname(run);

	g_assert_true(cache_remove_tree(dir, NULL));
}

/* Feed a hang to a judge and a record at once; returns the judge. */
static struct judge *record_hang(struct record *r)
{
	struct judge *j = judge_new(&config);
	struct sample s = { .phase = BOARD_PRESSING, .vm_running = 1 };

	record_event(r, EVENT_NOTE, &s, "begin", VERDICT_PASS, "a \"quoted\" note");
	for (int i = 0; i < 150; i++) {
		enum judge_wants wants;

		s.host_us += TICK_US;
		s.fair_us += TICK_US;
		s.swap_out_pages = MIN(i, 10);
		record_sample(r, &s);
		wants = judge_sample(j, &s);
		if (wants == JUDGE_WANTS_SNAPSHOT) {
			struct snapshot *snapshot = knot();

			record_snapshot(r, snapshot);
			wants = judge_snapshot(j, snapshot);
		}
		if (wants == JUDGE_WANTS_END)
			break;
	}
	return j;
}

static void test_replay(void)
{
	g_autofree char *dir = new_dir();
	SCOPED(record) r = record_new(dir, NULL);
	struct judge *live = record_hang(r);
	struct judge *again = record_replay(dir, &config, NULL);
	const struct ruling *a = judge_conclude(live), *b = judge_conclude(again);

	g_assert_cmpint(a->verdict, ==, VERDICT_DEADLOCK);
	g_assert_cmpint(b->verdict, ==, a->verdict);
	g_assert_cmpstr(b->signature, ==, a->signature);
	g_assert_cmpint(b->decided_fair_us, ==, a->decided_fair_us);
	g_assert_cmpstr(b->reason[VERDICT_DEADLOCK], ==, a->reason[VERDICT_DEADLOCK]);
	judge_free(live);
	judge_free(again);
	remove_dir(dir);
}

static void test_torn_line(void)
{
	g_autofree char *dir = new_dir();
	SCOPED(record) r = record_new(dir, NULL);
	struct judge *live = record_hang(r);
	g_autofree char *path = record_path(r, "samples.jsonl");
	int fd = g_open(path, O_WRONLY | O_APPEND, 0);

	g_assert_cmpint(write(fd, "{\"n\":99999,\"host_us\":12", 23), ==, 23);
	close(fd);

	struct judge *again = record_replay(dir, &config, NULL);

	g_assert_cmpint(judge_conclude(again)->verdict, ==, VERDICT_DEADLOCK);
	judge_free(live);
	judge_free(again);
	remove_dir(dir);
}

static char *text_of_snapshot(const struct snapshot *s)
{
	g_autoptr(JsonBuilder) b = json_builder_new();

	json_builder_begin_object(b);
	snapshot_to_json(s, b);
	json_builder_end_object(b);
	return json_built(b, FALSE);
}

/* Every array and kind of field, with values that differ from "unknown". */
static struct snapshot *one_of_each(void)
{
	struct snapshot *s = knot();
	struct tags_facts tags = { "nbd0", 0xffff888000002000, 128, 128, 3 };
	struct mempool_facts mempool = { 0xffff888000003000, "fs_bio_set", "bio-256", 2, 0 };
	struct holder_facts holder = { 0xffff888000003000, 0xffff888000005000, 2,
				       g_intern_static_string("by address"), 0xffffc90000001000 };
	struct folio_facts folio = { .address = 0xffffea0000001000, .writeback = TRUE };
	struct work_facts work = { .function = "flush_me", .state = WORK_BEHIND, .pwq = ~0ull };
	struct flusher_facts flusher = { 0xffffc90000002000, 0xffff888000006000, 0x30 };
	struct pool_facts pool = { 0xffff888000004000, -1, 4, 2, 1 };
	struct zone_facts never_short = { .name = "DMA", .lowest_pages = -1 };
	struct reserve_facts taken = { "pages_atomic", 7 };
	struct task_facts *t = &g_array_index(s->tasks, struct task_facts, 0);

	t->on = (struct wait_object){ OBJECT_FOLIO, 1, 0xffffea0000001000, 0, "writeback" };
	t->reclaiming = TRUE;
	t->reclaim_priority = -3;
	g_array_append_val(s->tags, tags);
	g_array_append_val(s->mempools, mempool);
	g_array_append_val(s->holders, holder);
	g_array_append_val(s->folios, folio);
	g_array_append_val(s->works, work);
	g_array_append_val(s->flushers, flusher);
	g_array_append_val(s->pools, pool);
	g_array_append_val(s->zones, never_short);
	g_array_append_val(s->reserve, taken);
	return s;
}

static void test_round_trip(void)
{
	SCOPED(snapshot) written = one_of_each();
	g_autofree char *text = text_of_snapshot(written);
	g_autoptr(JsonNode) node = json_from_string(text, NULL);
	SCOPED(snapshot) read = snapshot_from_json(json_node_get_object(node));
	g_autofree char *again = text_of_snapshot(read);
	const struct task_facts *t = &g_array_index(read->tasks, struct task_facts, 0);

	g_assert_cmpstr(text, ==, again);
	g_assert_nonnull(strstr(text, "\"on_kind\":\"folio\""));
	g_assert_nonnull(strstr(text, "\"state\":\"behind\""));
	g_assert_cmpint(t->on.kind, ==, OBJECT_FOLIO);
	g_assert_cmpstr(t->on.name, ==, "writeback");
	g_assert_cmpint(t->reclaim_priority, ==, -3);
	g_assert_cmpint(g_array_index(read->pools, struct pool_facts, 0).cpu, ==, -1);
	g_assert_cmpstr(g_array_index(read->works, struct work_facts, 0).function, ==, "flush_me");
	g_assert_cmpuint(g_array_index(read->works, struct work_facts, 0).pwq, ==, ~0ull);
	g_assert_cmpint(g_array_index(read->zones, struct zone_facts, 0).lowest_pages, ==, 0);
	g_assert_cmpint(g_array_index(read->zones, struct zone_facts, 1).lowest_pages, ==, -1);
	g_assert_cmpint(g_array_index(read->reserve, struct reserve_facts, 0).count, ==, 7);
	g_assert_cmpint(g_array_index(read->sockets, struct socket_facts, 0).timer_in_jiffies, ==,
			G_MININT64);
}

/* Names, the numbers of older records, and what no program ever wrote. */
static void test_enums(void)
{
	static const struct {
		const char *kind;
		enum object_kind reads_as;
	} cases[] = { { "\"tags\"", OBJECT_TAGS },  { "6", OBJECT_TAGS },  { "\"\"", OBJECT_NONE },
		      { "\"novel\"", OBJECT_NONE }, { "99", OBJECT_NONE }, { "-1", OBJECT_NONE },
		      { "null", OBJECT_NONE },	    { "{}", OBJECT_NONE } };

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strdup_printf(
			"{\"tasks\":[{\"on_kind\":%s}],\"works\":[{},{\"state\":2}]}",
			cases[i].kind);
		g_autoptr(JsonNode) node = json_from_string(text, NULL);
		SCOPED(snapshot) s = snapshot_from_json(json_node_get_object(node));

		g_assert_cmpint(g_array_index(s->tasks, struct task_facts, 0).on.kind, ==,
				cases[i].reads_as);
		g_assert_cmpint(g_array_index(s->works, struct work_facts, 0).state, ==,
				WORK_RUNNING);
		g_assert_cmpint(g_array_index(s->works, struct work_facts, 1).state, ==,
				WORK_BEHIND);
	}
}

static void test_stack_frames(void)
{
	static const struct {
		struct stack_frame frame;
		const char *text;
	} cases[] = {
		{ { 0xffffffff81000010, "schedule", 16, FALSE }, "schedule+0x10" },
		{ { 0xffffffff81000010, "schedule", 16, TRUE }, "? schedule+0x10" },
		{ { 0xffffffff81000010, NULL, 0, TRUE }, "? 0xffffffff81000010" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = stack_frame_text(&cases[i].frame);
		struct stack_frame back = stack_frame_parse(text, cases[i].frame.address);

		g_assert_cmpstr(text, ==, cases[i].text);
		g_assert_cmphex(back.address, ==, cases[i].frame.address);
		g_assert_cmpstr(back.function, ==, cases[i].frame.function);
		g_assert_cmpuint(back.offset, ==, cases[i].frame.offset);
		g_assert_cmpint(back.guess, ==, cases[i].frame.guess);
	}
}

static void test_never_overwrites(void)
{
	g_autofree char *dir = new_dir();
	SCOPED(record) r = record_new(dir, NULL);
	SCOPED(record) second = record_new(dir, NULL);

	g_assert_nonnull(r);
	if (second)
		g_assert_cmpstr(second->dir, !=, r->dir);
	remove_dir(dir);
}

static void test_console_lines(void)
{
	static const struct {
		const char *line, *name;
		gboolean evidence;
	} cases[] = {
		{ "Kernel panic - not syncing: sysrq triggered crash", "panic", TRUE },
		{ "Kernel panic - not syncing: Out of memory: compulsory panic", "oom-panic",
		  TRUE },
		{ "BUG: unable to handle page fault for address: 0", "bug", TRUE },
		{ "watchdog: BUG: soft lockup - CPU#1 stuck for 26s!", "soft-lockup", FALSE },
		{ "Write-error on swap-device (43:0:8)", "io-error", TRUE },
		{ "INFO: task kswapd0:37 blocked for more than 120 seconds.", "hung-task", FALSE },
		{ "workload: page allocation failure: order:0", "allocation-failure", FALSE },
		{ "Connected /dev/nbd0", NULL, FALSE },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct klog_mark *mark = klog_classify(cases[i].line);

		g_assert_cmpstr(mark ? mark->name : NULL, ==, cases[i].name);
		g_assert_true(!mark || mark->evidence == cases[i].evidence);
	}
}

static void keep_last(const struct klog_mark *mark, const char *line, gpointer data)
{
	if (mark->evidence)
		*(const struct klog_mark **)data = mark;
}

static const struct klog_mark *last_evidence(const char *text)
{
	g_autofree char *path = NULL;
	int fd = g_file_open_tmp("klog-XXXXXX", &path, NULL);
	const struct klog_mark *last = NULL;

	g_assert_cmpint(write(fd, text, strlen(text)), ==, strlen(text));

	struct klog *klog = klog_new(fd);

	klog_poll(klog, keep_last, &last);
	klog_free(klog);
	close(fd);
	unlink(path);
	return last;
}

/* A breakpoint that memory does not hold was the emulator's; any other is the kernel's. */
static void test_stale_breakpoint(void)
{
	const struct klog_mark *stale =
		last_evidence("[    0.667331] Oops: int3: 0000 [#1] SMP\n"
			      "[    0.667744] RIP: 0010:sched_clock_cpu+0xa/0x180\n"
			      "[    0.668129] Code: 41 54 53 66 <90> e8 f0 63 f9 ff\n");
	const struct klog_mark *real =
		last_evidence("[    0.667331] Oops: int3: 0000 [#1] SMP\n"
			      "[    0.668129] Code: 41 54 53 cc <90> e8 f0 63 f9 ff\n");

	g_assert_nonnull(stale);
	g_assert_cmpint(stale->verdict, ==, VERDICT_INFRA);
	g_assert_nonnull(real);
	g_assert_cmpint(real->verdict, ==, VERDICT_CRASH);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/record/replay", test_replay);
	g_test_add_func("/record/round-trip", test_round_trip);
	g_test_add_func("/record/torn-line", test_torn_line);
	g_test_add_func("/record/never-overwrites", test_never_overwrites);
	g_test_add_func("/record/enums", test_enums);
	g_test_add_func("/record/stack-frames", test_stack_frames);
	g_test_add_func("/record/console-lines", test_console_lines);
	g_test_add_func("/record/stale-breakpoint", test_stale_breakpoint);
	return g_test_run();
}
