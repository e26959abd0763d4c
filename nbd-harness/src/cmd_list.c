// SPDX-License-Identifier: GPL-2.0-only
/*
 * netswap list: what a scenario can name.  Each kind of thing is one function
 * that adds rows; with --json a row is one object and one line.
 */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/nearest.h"
#include "base/options.h"
#include "base/units.h"
#include "build/kernel.h"
#include "campaign/plan.h"
#include "cmd.h"
#include "scenario/keys.h"
#include "scenario/knobs.h"
#include "scenario/scenario.h"

struct row {
	JsonObject *object; /* has at least name and help */
	char *shown;	    /* the name as the plain list shows it */
	char *versions;	    /* for the plain list, of kernels that have it; or NULL */
};

static void row_free(gpointer data)
{
	struct row *row = data;

	json_object_unref(row->object);
	g_free(row->shown);
	g_free(row->versions);
	g_free(row);
}

static struct row *add_row(GPtrArray *rows, const char *name, const char *help)
{
	struct row *row = g_new0(struct row, 1);

	row->object = json_object_new();
	json_object_set_string_member(row->object, "name", name);
	json_object_set_string_member(row->object, "help", help);
	row->shown = g_strdup(name);
	g_ptr_array_add(rows, row);
	return row;
}

static gboolean list_scenarios(GPtrArray *rows, GError **error)
{
	g_autoptr(GPtrArray) scenarios = scenario_list(error);

	for (guint i = 0; scenarios && i < scenarios->len; i++) {
		const struct scenario_entry *entry = g_ptr_array_index(scenarios, i);
		struct row *row = add_row(rows, entry->name, entry->about);

		json_object_set_string_member(row->object, "file", entry->file);
	}
	return scenarios != NULL;
}

static gboolean list_campaigns(GPtrArray *rows, GError **error)
{
	g_autoptr(GPtrArray) names = campaign_names();

	for (guint i = 0; i < names->len; i++) {
		g_autofree char *about_it = campaign_about(g_ptr_array_index(names, i));

		add_row(rows, g_ptr_array_index(names, i), about_it);
	}
	return TRUE;
}

static gboolean list_kernels(GPtrArray *rows, GError **error)
{
	g_autoptr(GPtrArray) kernels = kernel_list(error);

	for (guint i = 0; kernels && i < kernels->len; i++) {
		const struct kernel *kernel = g_ptr_array_index(kernels, i);
		struct row *row = add_row(rows, kernel->name, kernel->image);

		json_object_set_string_member(row->object, "key", kernel->key);
		json_object_set_string_member(row->object, "image", kernel->image);
		if (kernel->vmlinux)
			json_object_set_string_member(row->object, "vmlinux", kernel->vmlinux);
	}
	return kernels != NULL;
}

static struct row *knob_row(GPtrArray *rows, const struct knob *knob)
{
	struct row *row;

	for (guint i = 0; i < rows->len; i++) {
		row = g_ptr_array_index(rows, i);
		if (!strcmp(row->shown, knob->name))
			return row;
	}
	row = add_row(rows, knob->name, knob->help);
	json_object_set_string_member(row->object, "when", knob->at_boot ? "boot" : "any time");
	json_object_set_object_member(row->object, "files", json_object_new());
	return row;
}

static gboolean list_version_knobs(GPtrArray *rows, const char *version, GError **error)
{
	g_autoptr(GPtrArray) knobs = knobs_read(version, error);

	for (guint i = 0; knobs && i < knobs->len; i++) {
		const struct knob *knob = g_ptr_array_index(knobs, i);
		struct row *row = knob_row(rows, knob);
		g_autofree char *before = row->versions;

		json_object_set_string_member(json_object_get_object_member(row->object, "files"),
					      version, knob->patch);
		row->versions = before ? g_strconcat(before, ", ", version, NULL)
				       : g_strdup(version);
	}
	return knobs != NULL;
}

static gint by_version(gconstpointer a, gconstpointer b)
{
	const char *const *x = a, *const *y = b;

	return strverscmp(*x, *y);
}

static gboolean list_knobs(GPtrArray *rows, GError **error)
{
	g_autofree char *patches = g_build_filename(netswap_data_dir(), "kernel-patches", NULL);
	g_autoptr(GDir) dir = g_dir_open(patches, 0, error);
	g_autoptr(GPtrArray) versions = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	if (!dir)
		return FALSE;
	while ((name = g_dir_read_name(dir)))
		g_ptr_array_add(versions, g_strdup(name));
	g_ptr_array_sort(versions, by_version);
	for (guint i = 0; i < versions->len; i++) {
		if (!list_version_knobs(rows, g_ptr_array_index(versions, i), error))
			return FALSE;
	}
	return TRUE;
}

static gboolean list_named(GPtrArray *rows, const struct named *table)
{
	for (; table->name; table++)
		add_row(rows, table->name, table->help);
	return TRUE;
}

static gboolean list_workloads(GPtrArray *rows, GError **error)
{
	return list_named(rows, workload_table);
}

static gboolean list_backends(GPtrArray *rows, GError **error)
{
	return list_named(rows, backend_table);
}

static gboolean list_transports(GPtrArray *rows, GError **error)
{
	return list_named(rows, transport_table);
}

static gboolean list_faults(GPtrArray *rows, GError **error)
{
	return list_named(rows, fault_table);
}

static gboolean list_nics(GPtrArray *rows, GError **error)
{
	return list_named(rows, nic_table);
}

static gboolean list_orders(GPtrArray *rows, GError **error)
{
	return list_named(rows, order_table);
}

static gboolean list_accelerators(GPtrArray *rows, GError **error)
{
	return list_named(rows, accel_table);
}

static gboolean list_verdicts(GPtrArray *rows, GError **error)
{
	return list_named(rows, verdict_table);
}

static void add_choices(JsonObject *object, const struct named *choices)
{
	JsonArray *array = json_array_new();

	for (; choices->name; choices++)
		json_array_add_string_element(array, choices->name);
	json_object_set_array_member(object, "choices", array);
}

static gboolean list_keys(GPtrArray *rows, GError **error)
{
	for (const struct scenario_key *key = scenario_keys; key->section; key++) {
		g_autofree char *name = g_strconcat(key->section, ".", key->name, NULL);
		struct row *row = add_row(rows, name, key->help);

		json_object_set_string_member(row->object, "type",
					      scenario_key_type_name(key->type));
		json_object_set_boolean_member(row->object, "required", key->required);
		if (key->choices)
			add_choices(row->object, key->choices);
		if (!key->fallback)
			continue;
		json_object_set_string_member(row->object, "default", key->fallback);
		g_free(row->shown);
		row->shown = g_strconcat(name, "=", key->fallback, NULL);
	}
	return TRUE;
}

static const struct kind {
	const char *name;
	gboolean (*list)(GPtrArray *rows, GError **error);
} kinds[] = {
	{ "scenarios", list_scenarios },
	{ "kernels", list_kernels },
	{ "campaigns", list_campaigns },
	{ "knobs", list_knobs },
	{ "workloads", list_workloads },
	{ "backends", list_backends },
	{ "transports", list_transports },
	{ "faults", list_faults },
	{ "nics", list_nics },
	{ "orders", list_orders },
	{ "accelerators", list_accelerators },
	{ "verdicts", list_verdicts },
	{ "keys", list_keys },
};

static const struct kind *find_kind(const char *name, GError **error)
{
	struct nearest near = { .word = name };
	g_autofree char *hint = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
		nearest_offer(&near, kinds[i].name);
	}
	hint = nearest_hint(&near);
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
		    "there is no list of %s%s (netswap list --help names all)", name, hint);
	return NULL;
}

static void print_json(const GPtrArray *rows)
{
	for (guint i = 0; i < rows->len; i++) {
		const struct row *row = g_ptr_array_index(rows, i);
		g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
		g_autofree char *line = NULL;

		json_node_set_object(node, row->object);
		line = json_text(node, FALSE);
		g_print("%s\n", line);
	}
}

static void print_text(const GPtrArray *rows)
{
	guint width = 0;

	for (guint i = 0; i < rows->len; i++) {
		const struct row *row = g_ptr_array_index(rows, i);

		width = MAX(width, strlen(row->shown));
	}
	for (guint i = 0; i < rows->len; i++) {
		const struct row *row = g_ptr_array_index(rows, i);

		g_print("%-*s  %s%s%s%s\n", (int)width, row->shown,
			json_object_get_string_member(row->object, "help"),
			row->versions ? " (" : "", row->versions ? row->versions : "",
			row->versions ? ")" : "");
	}
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	const struct row *const *x = a, *const *y = b;

	return strcmp((*x)->shown, (*y)->shown);
}

int cmd_list(int argc, char **argv)
{
	gboolean json = FALSE;
	const GOptionEntry entries[] = {
		{ "json", 0, 0, G_OPTION_ARG_NONE, &json, "One JSON object a line", NULL },
		{ NULL },
	};
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);
	g_autoptr(GString) what = g_string_new("WHAT is one of");
	g_autoptr(GError) error = NULL;
	const struct kind *kind;

	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		g_string_append_printf(what, " %s", kinds[i].name);
	if (!options_parse(&argc, &argv, entries, "WHAT", what->str, &error))
		return options_fail(error);
	if (argc != 2) {
		g_set_error(&error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "name one list; %s",
			    what->str);
		return options_fail(error);
	}
	kind = find_kind(argv[1], &error);
	if (!kind || !kind->list(rows, &error))
		return options_fail(error);
	if (kind->list == list_knobs)
		g_ptr_array_sort(rows, by_name);
	if (json)
		print_json(rows);
	else
		print_text(rows);
	return NETSWAP_EXIT_AS_EXPECTED;
}
