// SPDX-License-Identifier: GPL-2.0-only
/*
 * Document -> struct scenario: every key of the table is read by its type,
 * from the file or from its fallback; then scenario_check() looks at what
 * single values cannot show.  The first error wins and ends the loading.
 */
#include "scenario/scenario.h"

#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/units.h"
#include "scenario/check.h"
#include "scenario/document.h"
#include "scenario/keys.h"
#include "scenario/library.h"

struct loader {
	struct document *doc;
	struct scenario *scenario;
	const struct document_section *section; /* being read */
	GError *error;
};

/* One value about to be read: @text is NULL when it is neither given nor has a fallback. */
struct value {
	const struct scenario_key *key;
	const char *text;
	const char *where;
};

/* "FILE:LINE: machine.memory=" + @predicate, unless there is an error already. */
static void reject(struct loader *l, const struct value *value, const char *predicate)
{
	if (!l->error)
		l->error = g_error_new(NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "%s: %s.%s=%s",
				       value->where, l->section->label, value->key->name,
				       predicate);
}

/* What the section's chooser says, whether that exists or not; NULL: it has no chooser. */
static const char *choice_of(const struct document_section *section)
{
	const char *chooser = section->kind->chooser;
	const struct document_entry *entry = chooser ? document_find(section, chooser) : NULL;

	if (entry)
		return entry->value;
	return chooser ? scenario_key_find(section->kind->name, chooser)->fallback : NULL;
}

static gboolean applies(const struct document_section *section, const struct scenario_key *key)
{
	return scenario_key_applies(key, choice_of(section));
}

static struct value take(struct loader *l, const char *name)
{
	const struct document_entry *entry = document_find(l->section, name);
	struct value value = {
		.key = scenario_key_find(l->section->kind->name, name),
		.text = entry ? entry->value : NULL,
		.where = entry ? entry->where : l->section->where,
	};

	if (!applies(l->section, value.key))
		return value;
	if (!entry)
		value.text = value.key->fallback;
	if (!value.text && value.key->required && !l->error)
		l->error = g_error_new(NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
				       "%s: section [%s] needs %s= (%s)", value.where,
				       l->section->label, name, value.key->help);
	return value;
}

static char *format_number(enum scenario_key_type type, guint64 number)
{
	if (type == KEY_BYTES)
		return units_format_bytes(number);
	if (type == KEY_DURATION)
		return units_format_ms(number);
	return g_strdup_printf("%" G_GUINT64_FORMAT, number);
}

static gboolean parse_number(enum scenario_key_type type, const char *text, guint64 *number,
			     GError **error)
{
	switch (type) {
	case KEY_BYTES:
		return units_parse_bytes(text, number, error);
	case KEY_DURATION:
		return units_parse_ms(text, number, error);
	case KEY_PERCENT:
		return units_parse_percent(text, number, error);
	default:
		return units_parse_count(text, number, error);
	}
}

/* A size, duration, count or percentage in its base unit; 0 when unset. */
static guint64 want_number(struct loader *l, const char *name)
{
	struct value value = take(l, name);
	const struct scenario_key *key = value.key;
	g_autoptr(GError) error = NULL;
	guint64 number = 0;

	if (!value.text)
		return 0;
	if (!parse_number(key->type, value.text, &number, &error)) {
		reject(l, &value, error->message);
	} else if (key->max && (number < key->min || number > key->max)) {
		g_autofree char *min = format_number(key->type, key->min);
		g_autofree char *max = format_number(key->type, key->max);
		g_autofree char *message =
			g_strdup_printf("%s is outside %s to %s", value.text, min, max);

		reject(l, &value, message);
	}
	return number;
}

/* A duration that the user of the value counts in whole seconds. */
static guint want_seconds(struct loader *l, const char *name)
{
	struct value value = take(l, name);
	guint64 ms = want_number(l, name);

	if (ms % 1000) {
		g_autofree char *message = g_strdup_printf("%s is not whole seconds", value.text);

		reject(l, &value, message);
	}
	return ms / 1000;
}

/* A size that may be unset: -1. */
static gint64 want_optional_bytes(struct loader *l, const char *name)
{
	return take(l, name).text ? (gint64)want_number(l, name) : -1;
}

/* The index of the choice in its table, 0 on error. */
static guint want_choice(struct loader *l, const char *name)
{
	struct value value = take(l, name);
	const struct named *choices = value.key->choices, *found;
	struct nearest near = { .word = value.text };
	g_autoptr(GString) message = NULL;
	g_autofree char *hint = NULL;

	if (!value.text)
		return 0;
	found = named_find(choices, value.text);
	if (found)
		return found - choices;
	message = g_string_new(NULL);
	g_string_append_printf(message, "%s is none of", value.text);
	for (guint i = 0; choices[i].name; i++) {
		g_string_append_printf(message, "%s %s", i ? "," : "", choices[i].name);
		nearest_offer(&near, choices[i].name);
	}
	hint = nearest_hint(&near);
	g_string_append(message, hint);
	reject(l, &value, message->str);
	return 0;
}

static char *want_string(struct loader *l, const char *name)
{
	return g_strdup(take(l, name).text);
}

static char **want_list(struct loader *l, const char *name)
{
	struct value value = take(l, name);
	g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) parts = g_strsplit(value.text, ",", -1);

	for (guint i = 0; parts[i]; i++) {
		g_strstrip(parts[i]);
		if (*parts[i]) {
			g_ptr_array_add(items, g_strdup(parts[i]));
		} else {
			g_autofree char *message =
				g_strconcat(value.text, " has an empty item", NULL);

			reject(l, &value, message);
		}
	}
	g_ptr_array_add(items, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&items), FALSE);
}

/* Keys that another workload or transport would have are a mistake. */
static void reject_strangers(struct loader *l)
{
	for (guint i = 0; i < l->section->entries->len; i++) {
		const struct document_entry *entry = g_ptr_array_index(l->section->entries, i);

		if (l->error || applies(l->section, entry->key))
			continue;
		g_autofree char *having = g_strdelimit(g_strdup(entry->key->only), ",", '|');

		l->error = g_error_new(NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
				       "%s: %s.%s needs %s=%s, not %s", entry->where,
				       l->section->label, entry->name, l->section->kind->chooser,
				       having, choice_of(l->section));
	}
}

static void read_kernel(struct loader *l, struct scenario *s)
{
	s->kernel.version = want_string(l, "version");
	s->kernel.series = want_list(l, "series");
	s->kernel.patches = want_list(l, "patches");
	s->kernel.ablate = want_list(l, "ablate");
	s->kernel.config = want_list(l, "config");
	s->kernel.source = want_string(l, "source");
	s->kernel.debian = want_string(l, "debian");
	s->kernel.image = want_string(l, "image");
	s->kernel.vmlinux = want_string(l, "vmlinux");
	s->kernel.cmdline = want_string(l, "cmdline");
}

static void sysctl_free(gpointer data)
{
	struct scenario_sysctl *sysctl = data;

	g_free(sysctl->name);
	g_free(sysctl->value);
	g_free(sysctl);
}

static void read_sysctls(struct loader *l, struct scenario *s)
{
	static const char prefix[] = "sysctl.";

	for (guint i = 0; i < l->section->entries->len; i++) {
		const struct document_entry *entry = g_ptr_array_index(l->section->entries, i);
		struct scenario_sysctl *sysctl;

		if (!g_str_has_prefix(entry->name, prefix))
			continue;
		sysctl = g_new0(struct scenario_sysctl, 1);
		sysctl->name = g_strdup(entry->name + strlen(prefix));
		sysctl->value = g_strdup(entry->value);
		g_ptr_array_add(s->machine.sysctls, sysctl);
	}
}

static void read_machine(struct loader *l, struct scenario *s)
{
	s->machine.memory_bytes = want_number(l, "memory");
	s->machine.cpus = want_number(l, "cpus");
	s->machine.accel = accel_table[want_choice(l, "accel")].name;
	s->machine.root_nfs3 = want_choice(l, "root") == 1;
	read_sysctls(l, s);
}

/* Transports whose server is a kernel's have no keys for it. */
static void use_kernel_server(struct scenario *s)
{
	for (const struct kernel_server *k = kernel_servers; k->transport; k++) {
		if (!strcmp(k->transport, s->swap.transport)) {
			s->swap.backend = k->backend;
			s->swap.port = k->port;
		}
	}
}

gboolean scenario_has_fault(const struct scenario *s, enum fault_kind kind)
{
	for (guint i = 0; i < s->faults->len; i++) {
		if (((struct scenario_fault *)s->faults->pdata[i])->kind == kind)
			return TRUE;
	}
	return FALSE;
}

gboolean scenario_is_over_nbd(const struct scenario *s)
{
	return !strcmp(s->swap.transport, "nbd");
}

static void read_swap(struct loader *l, struct scenario *s)
{
	s->swap.transport = transport_table[want_choice(l, "transport")].name;
	reject_strangers(l);
	s->swap.backend = backend_table[want_choice(l, "backend")].name;
	s->swap.port = want_number(l, "port");
	use_kernel_server(s);
	s->swap.size_bytes = want_number(l, "size");
	s->swap.connections = want_number(l, "connections");
	s->swap.minorversion = want_number(l, "minorversion");
	s->swap.timeout_s = want_seconds(l, "timeout");
	s->swap.reconnect = want_choice(l, "reconnect") == 1;
	s->swap.sync = want_choice(l, "sync") == 1;
	s->swap.zswap = want_choice(l, "zswap") == 1;
	s->swap.delay_ms = want_number(l, "delay");
	s->swap.rate_bytes_per_s = want_number(l, "rate");
}

static struct scenario_shape want_shape(struct loader *l)
{
	return (struct scenario_shape){
		.delay_ms = want_number(l, "delay"),
		.jitter_ms = want_number(l, "jitter"),
		.loss_percent = want_number(l, "loss"),
		.duplicate_percent = want_number(l, "duplicate"),
		.reorder_percent = want_number(l, "reorder"),
		.corrupt_percent = want_number(l, "corrupt"),
		.rate_bytes_per_s = want_number(l, "rate"),
	};
}

static void read_link(struct loader *l, struct scenario *s)
{
	s->link.nic = nic_table[want_choice(l, "nic")].name;
	s->link.pcap = want_choice(l, "pcap") == 1;
	s->link.pair = want_choice(l, "kind") == 1;
	s->link.server_cmdline = want_string(l, "server_cmdline");
	s->link.shape = want_shape(l);
}

static void pressure_free(gpointer data)
{
	struct scenario_pressure *pressure = data;

	g_free(pressure->name);
	g_free(pressure->fio_job);
	g_free(pressure->where);
	g_free(pressure);
}

static void read_pressure(struct loader *l, struct scenario *s)
{
	struct scenario_pressure *pressure = g_new0(struct scenario_pressure, 1);

	g_ptr_array_add(s->pressures, pressure);
	pressure->name = g_strdup(l->section->name);
	pressure->where = g_strdup(l->section->where);
	pressure->workload = workload_table[want_choice(l, "workload")].name;
	pressure->companion = workload_is_companion(pressure->workload);
	reject_strangers(l);
	pressure->processes = want_number(l, "processes");
	pressure->total_bytes = want_number(l, "total");
	pressure->passes = want_number(l, "passes");
	pressure->random_order = want_choice(l, "order") == 1;
	pressure->write_percent = want_number(l, "writes");
	pressure->start_after_ms = want_number(l, "start_after");
	pressure->fio_job = want_string(l, "fio_job");
	pressure->flood.sockets = want_number(l, "sockets");
	pressure->flood.rcvbuf_bytes = want_number(l, "rcvbuf");
	pressure->flood.datagram_bytes = want_number(l, "datagram");
	pressure->flood.rate = want_number(l, "rate");
	pressure->interval_ms = want_number(l, "interval");
}

static void fault_free(gpointer data)
{
	struct scenario_fault *fault = data;

	g_free(fault->name);
	g_free(fault->file);
	g_free(fault->value);
	g_free(fault->heal_value);
	g_free(fault->where);
	g_free(fault);
}

static void read_fault(struct loader *l, struct scenario *s)
{
	struct scenario_fault *fault = g_new0(struct scenario_fault, 1);

	g_ptr_array_add(s->faults, fault);
	fault->name = g_strdup(l->section->name);
	fault->where = g_strdup(l->section->where);
	fault->kind = want_choice(l, "kind");
	fault->at_ms = want_number(l, "at");
	fault->for_ms = want_number(l, "for");
	fault->within_ms = want_number(l, "within");
	fault->chance_percent = want_number(l, "chance");
	fault->after_swap_out_bytes = want_number(l, "after_swap_out");
	fault->free_below = want_choice(l, "free_below");
	fault->jump_ms = want_number(l, "jump");
	fault->size_bytes = want_number(l, "size");
	fault->file = want_string(l, "file");
	fault->value = want_string(l, "value");
	fault->heal_value = want_string(l, "heal_value");
	fault->out = want_choice(l, "direction") != 2;
	fault->in = want_choice(l, "direction") != 1;
	fault->shape = want_shape(l);
}

static void read_expect(struct loader *l, struct scenario *s)
{
	s->expect.verdict = want_choice(l, "verdict");
	s->expect.floor_out_bytes = want_optional_bytes(l, "floor_out");
	s->expect.floor_in_bytes = want_optional_bytes(l, "floor_in");
	s->expect.deadline_s = want_seconds(l, "deadline");
}

static void read_all(struct loader *l)
{
	static const struct {
		const char *section;
		void (*read)(struct loader *l, struct scenario *s);
	} readers[] = {
		{ "kernel", read_kernel }, { "machine", read_machine },	  { "swap", read_swap },
		{ "link", read_link },	   { "pressure", read_pressure }, { "fault", read_fault },
		{ "expect", read_expect },
	};

	for (guint i = 0; i < l->doc->sections->len; i++) {
		l->section = g_ptr_array_index(l->doc->sections, i);
		for (guint r = 0; r < G_N_ELEMENTS(readers); r++) {
			if (!strcmp(readers[r].section, l->section->kind->name))
				readers[r].read(l, l->scenario);
		}
	}
}

/* Only a kernel's command line and the lists may be empty: "nothing more". */
static gboolean may_be_empty(const struct scenario_key *key)
{
	return key->type == KEY_LIST || key->type == KEY_PATHS ||
	       (key->type == KEY_STRING && key->fallback && !*key->fallback);
}

static char *resolve_path(const struct document_entry *entry, const char *path, const char *folder)
{
	g_autofree char *beside = NULL, *shipped = NULL;

	beside = g_canonicalize_filename(path, entry->command_line ? NULL : folder);
	shipped = g_canonicalize_filename(path, netswap_data_dir());
	if (!g_file_test(beside, G_FILE_TEST_EXISTS) && g_file_test(shipped, G_FILE_TEST_EXISTS))
		return g_steal_pointer(&shipped);
	return g_steal_pointer(&beside);
}

/* Make the paths of @entry absolute. */
static void resolve_entry(struct document_entry *entry, const char *folder)
{
	g_auto(GStrv) parts = NULL;

	if (entry->key->type == KEY_PATH) {
		char *path = resolve_path(entry, entry->value, folder);

		g_free(entry->value);
		entry->value = path;
	} else if (entry->key->type == KEY_PATHS && *entry->value) {
		parts = g_strsplit(entry->value, ",", -1);
		for (guint i = 0; parts[i]; i++) {
			char *path = g_strstrip(parts[i]);

			path = *path ? resolve_path(entry, path, folder) : g_strdup("");
			g_free(parts[i]);
			parts[i] = path;
		}
		g_free(entry->value);
		entry->value = g_strjoinv(",", parts);
	}
}

static void resolve_entries(struct loader *l, const char *folder)
{
	for (guint i = 0; i < l->doc->sections->len; i++) {
		l->section = g_ptr_array_index(l->doc->sections, i);
		for (guint e = 0; e < l->section->entries->len; e++) {
			struct document_entry *entry = g_ptr_array_index(l->section->entries, e);

			if (*entry->value || may_be_empty(entry->key)) {
				resolve_entry(entry, folder);
			} else if (!l->error) {
				l->error = g_error_new(NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
						       "%s: %s.%s has no value", entry->where,
						       l->section->label, entry->name);
			}
		}
	}
}

/* Files shipped with netswap are written relative, so that a record means the same elsewhere. */
static char *portable_value(const struct scenario_key *key, const char *value)
{
	g_autofree char *shipped = g_strconcat(netswap_data_dir(), "/", NULL);
	g_auto(GStrv) parts = NULL;

	if (key->type != KEY_PATH && key->type != KEY_PATHS)
		return g_strdup(value);
	parts = g_strsplit(value, ",", -1);
	for (guint i = 0; parts[i]; i++) {
		if (g_str_has_prefix(parts[i], shipped))
			memmove(parts[i], parts[i] + strlen(shipped),
				strlen(parts[i] + strlen(shipped)) + 1);
	}
	return g_strjoinv(",", parts);
}

static void print_entry(GString *text, const struct scenario_key *key, const char *name,
			const char *value)
{
	g_autofree char *portable = portable_value(key, value);

	g_string_append_printf(text, "%s=%s\n", name, portable);
}

static void print_section(GString *text, const struct document_section *section)
{
	g_string_append_printf(text, "\n[%s]\n", section->label);
	for (const struct scenario_key *key = scenario_keys; key->section; key++) {
		const struct document_entry *entry;

		if (strcmp(key->section, section->kind->name) || !applies(section, key))
			continue;
		entry = document_find(section, key->name);
		if (entry || key->fallback)
			print_entry(text, key, key->name, entry ? entry->value : key->fallback);
		for (guint i = 0; g_str_has_suffix(key->name, "*") && i < section->entries->len;
		     i++) {
			entry = g_ptr_array_index(section->entries, i);
			if (entry->key == key)
				print_entry(text, key, entry->name, entry->value);
		}
	}
}

/* The whole scenario with all defaults written out: later versions may have others. */
static char *normalized_text(const struct document *doc)
{
	GString *text = g_string_new(doc->comment);

	for (const struct scenario_section *kind = section_table; kind->name; kind++) {
		for (guint i = 0; i < doc->sections->len; i++) {
			const struct document_section *section =
				g_ptr_array_index(doc->sections, i);

			if (section->kind == kind)
				print_section(text, section);
		}
	}
	return g_string_free(text, FALSE);
}

static gint by_time(gconstpointer a, gconstpointer b)
{
	const struct scenario_fault *const *x = a, *const *y = b;

	return ((*x)->at_ms > (*y)->at_ms) - ((*x)->at_ms < (*y)->at_ms);
}

/* "quickstart/stock" of a shipped scenario, the base name of others. */
static char *name_of(const char *shown, const char *file)
{
	char *name = strcmp(shown, file) ? g_strdup(shown) : g_path_get_basename(file);

	if (g_str_has_suffix(name, SCENARIO_SUFFIX))
		name[strlen(name) - strlen(SCENARIO_SUFFIX)] = '\0';
	return name;
}

struct scenario *scenario_parse(const char *text, gsize bytes, const char *file, char **sets,
				GError **error)
{
	SCOPED(document) doc = NULL;
	g_autofree char *shown = library_short_name(file);
	SCOPED(scenario) s = NULL;
	g_autofree char *folder = NULL;
	struct loader l = { 0 };

	doc = document_parse(text, bytes, shown, error);
	if (!doc)
		return NULL;
	for (; sets && *sets; sets++) {
		if (!document_set(doc, *sets, error))
			return NULL;
	}
	l.doc = doc;
	s = l.scenario = g_new0(struct scenario, 1);
	s->machine.sysctls = g_ptr_array_new_with_free_func(sysctl_free);
	s->pressures = g_ptr_array_new_with_free_func(pressure_free);
	s->faults = g_ptr_array_new_with_free_func(fault_free);
	s->file = g_canonicalize_filename(file, NULL);
	s->name = name_of(shown, file);
	s->about = document_about(doc->comment);

	folder = g_path_get_dirname(s->file);
	resolve_entries(&l, folder);
	read_all(&l);
	if (!l.error)
		scenario_check(s, doc, shown, &l.error);
	if (l.error) {
		g_propagate_error(error, l.error);
		return NULL;
	}
	s->text = normalized_text(doc);
	g_ptr_array_sort(s->faults, by_time);
	return g_steal_pointer(&s);
}

void scenario_free(struct scenario *s)
{
	if (!s)
		return;
	g_free(s->name);
	g_free(s->file);
	g_free(s->about);
	g_free(s->text);
	g_free(s->kernel.version);
	g_strfreev(s->kernel.series);
	g_strfreev(s->kernel.patches);
	g_strfreev(s->kernel.ablate);
	g_strfreev(s->kernel.config);
	g_free(s->kernel.source);
	g_free(s->kernel.debian);
	g_free(s->kernel.image);
	g_free(s->kernel.vmlinux);
	g_free(s->kernel.cmdline);
	g_free(s->link.server_cmdline);
	g_ptr_array_unref(s->machine.sysctls);
	g_ptr_array_unref(s->pressures);
	g_ptr_array_unref(s->faults);
	g_free(s);
}
