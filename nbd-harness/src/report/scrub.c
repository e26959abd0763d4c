// SPDX-License-Identifier: GPL-2.0-only
#include "report/scrub.h"

#include <string.h>

#include "base/paths.h"
#include "build/cache.h"

#define PLACE_MIN_BYTES 2 /* "/" is everybody's */

/* Absolute paths, but for those into the folders of any system: the guest's own are among them. */
#define PATHS                                                                                      \
	"(?<![\\w/.~<>*-])/(?!(?:bin|boot|dev|etc|lib\\w*|proc|sbin|sys|usr)/)"                    \
	"(?:[\\w.+@%~-]+/)+[\\w.+@%~-]*"
/* Eight bytes in a row or more, or four words, as kernels dump them; the Code: of an oops is the
 * kernel's own. */
#define BYTES                                                                                      \
	"(?<!Code: )(?<![0-9a-f>] )\\b"                                                            \
	"(?:[0-9a-f]{2}(?: [0-9a-f]{2}){7,}|[0-9a-f]{8,16}(?: [0-9a-f]{8,16}){3,})\\b.*"
/* Who built a kernel, and where. */
#define BUILT_BY "(Linux version \\S+ )\\([^ ()]+@[^ ()]+\\)"

enum known_kind {
	NAME,	/* a whole word */
	PLACE,	/* a folder; what lies in it keeps its path */
	PRIVATE /* a folder; the path of what lies in it goes with it */
};

#define PATH_CHARS "/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+@%~-"

struct known {
	char *text, *word;
	enum known_kind kind;
};

struct scrub {
	GArray *known; /* of struct known, longest first */
	GRegex *paths, *bytes, *built_by;
};

static void known_clear(gpointer data)
{
	struct known *k = data;

	g_free(k->text);
	g_free(k->word);
}

static int by_length(gconstpointer a, gconstpointer b)
{
	const struct known *x = a, *y = b;
	gsize m = strlen(x->text), n = strlen(y->text);

	return (m < n) - (m > n);
}

static void add(struct scrub *s, char *text, const char *word, enum known_kind kind)
{
	struct known k = { text, g_strdup(word), kind };

	for (guint i = 0; i < s->known->len; i++) {
		if (!strcmp(g_array_index(s->known, struct known, i).text, text)) {
			known_clear(&k);
			return;
		}
	}
	g_array_append_val(s->known, k);
	g_array_sort(s->known, by_length);
}

/* As it is, and as it stands in a page of HTML. */
static void add_place(struct scrub *s, char *place, const char *word, enum known_kind kind)
{
	gsize n = strlen(place);

	while (n > 1 && place[n - 1] == '/')
		place[--n] = '\0';
	if (n >= PLACE_MIN_BYTES) {
		add(s, g_markup_escape_text(place, -1), word, kind);
		add(s, g_strdup(place), word, kind);
	}
	g_free(place);
}

static void add_real_place(struct scrub *s, const char *place, const char *word,
			   enum known_kind kind)
{
	char *real = realpath(place, NULL);

	add_place(s, g_canonicalize_filename(place, NULL), word, kind);
	if (real)
		add_place(s, g_strdup(real), word, kind);
	free(real);
}

void scrub_place(struct scrub *s, const char *place, const char *word)
{
	add_real_place(s, place, word, PLACE);
}

void scrub_name(struct scrub *s, const char *name, const char *word)
{
	static const char *const anybody[] = { "root", "nobody",  "localhost",
					       "user", "Unknown", NULL };

	if (name && strlen(name) >= SCRUB_NAME_MIN_BYTES && !g_strv_contains(anybody, name))
		add(s, g_strdup(name), word, NAME);
}

static GRegex *regex(const char *pattern)
{
	return g_regex_new(pattern, G_REGEX_OPTIMIZE | G_REGEX_RAW, 0, NULL);
}

struct scrub *scrub_new(void)
{
	struct scrub *s = g_new0(struct scrub, 1);
	g_autofree char *short_name = g_strndup(g_get_host_name(), strcspn(g_get_host_name(), "."));

	s->known = g_array_new(FALSE, FALSE, sizeof(struct known));
	g_array_set_clear_func(s->known, known_clear);
	s->paths = regex(PATHS);
	s->bytes = regex(BYTES);
	s->built_by = regex(BUILT_BY);
	scrub_place(s, netswap_cache_dir(), "CACHE");
	scrub_place(s, netswap_data_dir(), "NETSWAP");
	add_real_place(s, g_get_home_dir(), "PATH", PRIVATE);
	add_real_place(s, g_get_tmp_dir(), "PATH", PRIVATE);
	scrub_name(s, g_get_host_name(), "HOST");
	scrub_name(s, short_name, "HOST");
	scrub_name(s, g_get_user_name(), "USER");
	scrub_name(s, g_get_real_name(), "USER");
	return s;
}

void scrub_free(struct scrub *s)
{
	if (!s)
		return;
	g_array_unref(s->known);
	g_regex_unref(s->paths);
	g_regex_unref(s->bytes);
	g_regex_unref(s->built_by);
	g_free(s);
}

static gboolean is_word(char c)
{
	return g_ascii_isalnum(c) || c == '_';
}

static gboolean stands_alone(const struct known *k, const char *text, const char *at)
{
	char before = at > text ? at[-1] : '\0', after = at[strlen(k->text)];

	if (k->kind == NAME)
		return !is_word(before) && !is_word(after);
	/* Not the beginning of another folder's name. */
	return !is_word(after) && after != '-' && after != '.';
}

static const struct known *known_at(const struct scrub *s, gboolean names, const char *text,
				    const char *at)
{
	for (guint i = 0; i < s->known->len; i++) {
		const struct known *k = &g_array_index(s->known, struct known, i);

		if ((names || k->kind != NAME) && g_str_has_prefix(at, k->text) &&
		    stands_alone(k, text, at))
			return k;
	}
	return NULL;
}

static char *replace_known(const struct scrub *s, gboolean names, const char *text)
{
	GString *out = g_string_sized_new(strlen(text));

	for (const char *at = text; *at;) {
		const struct known *k = known_at(s, names, text, at);

		if (k)
			g_string_append(out, k->word);
		else
			g_string_append_c(out, *at);
		at += k ? strlen(k->text) : 1;
		if (k && k->kind == PRIVATE)
			at += strspn(at, PATH_CHARS);
	}
	return g_string_free(out, FALSE);
}

char *scrub_places(const struct scrub *s, const char *text)
{
	return replace_known(s, FALSE, text);
}

char *scrub_text(const struct scrub *s, const char *text)
{
	g_autofree char *known = replace_known(s, TRUE, text);
	g_autofree char *built =
		g_regex_replace(s->built_by, known, -1, 0, "\\1(USER@HOST)", 0, NULL);
	g_autofree char *paths = g_regex_replace(s->paths, built, -1, 0, "PATH", 0, NULL);

	return g_regex_replace_literal(s->bytes, paths, -1, 0, "[bytes left out]", 0, NULL);
}

static void scrub_element(JsonArray *array, guint i, JsonNode *node, gpointer s)
{
	scrub_json(s, node);
}

static void scrub_member(JsonObject *object, const char *name, JsonNode *node, gpointer s)
{
	scrub_json(s, node);
}

void scrub_json(const struct scrub *s, JsonNode *node)
{
	if (JSON_NODE_HOLDS_OBJECT(node)) {
		json_object_foreach_member(json_node_get_object(node), scrub_member, (gpointer)s);
	} else if (JSON_NODE_HOLDS_ARRAY(node)) {
		json_array_foreach_element(json_node_get_array(node), scrub_element, (gpointer)s);
	} else if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING) {
		g_autofree char *text = scrub_text(s, json_node_get_string(node));

		json_node_set_string(node, text);
	}
}
