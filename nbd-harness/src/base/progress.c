// SPDX-License-Identifier: GPL-2.0-only
/*
 * Progress on standard error: see progress.h for what the caller sees.
 *
 * On a terminal the live bars are the last lines of the screen, one for each
 * piece of work under way, in the order in which they began.  Whatever else is
 * to be said is printed above them: erase the bars, print, draw them again.
 * In a pipe there are no bars, only lines, sparse enough for a build log.
 *
 * Limits: for one thread; a program that prints past this file while bars are
 * drawn leaves a torn bar behind until the next redraw.
 */
#include "base/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REDRAW_INTERVAL_US (100 * G_TIME_SPAN_MILLISECOND)
#define LINE_INTERVAL_US   (10 * G_TIME_SPAN_SECOND)
/* An estimate from less than this is a guess. */
#define ESTIMATE_MIN_US	      (3 * G_TIME_SPAN_SECOND)
#define ESTIMATE_MIN_FRACTION 0.02
#define BAR_CELLS_MAX	      24
#define BAR_CELLS_MIN	      8
#define COLUMNS_DEFAULT	      80
#define COLUMNS_MIN	      20

#define BOLD		      "\033[1m"
#define PLAIN		      "\033[0m"
#define UP_AND_CLEAR	      "\033[A\033[2K"

struct progress {
	char *title;
	char *detail;
	double fraction; /* negative: unknown */
	gint64 began_us;
	gint64 line_us; /* when the last plain line was printed */
};

static gboolean quiet;
static GPtrArray *live; /* of struct progress, in order of beginning */
static guint drawn_lines;
static gint64 drawn_us;

void progress_set_quiet(gboolean q)
{
	quiet = q;
}

static gboolean on_terminal(void)
{
	static int answer = -1;

	if (answer < 0)
		answer = isatty(STDERR_FILENO) && g_strcmp0(g_getenv("TERM"), "dumb") != 0;
	return answer;
}

static gboolean in_colour(void)
{
	return on_terminal() && !g_getenv("NO_COLOR");
}

static guint columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return COLUMNS_DEFAULT;
	return MAX(size.ws_col, COLUMNS_MIN);
}

/* "2 min 05 s", "41 s"; caller frees. */
static char *format_span(gint64 span_us)
{
	guint seconds = span_us / G_TIME_SPAN_SECOND;

	if (seconds < 60)
		return g_strdup_printf("%u s", seconds);
	return g_strdup_printf("%u min %02u s", seconds / 60, seconds % 60);
}

/* "43 %, 2 min 05 s left", or the elapsed time where nothing better is known; caller frees. */
static char *format_state(const struct progress *p, gint64 now_us)
{
	gint64 elapsed_us = now_us - p->began_us;
	g_autofree char *elapsed = format_span(elapsed_us);
	g_autofree char *left = NULL;
	int percent;

	if (p->fraction < 0)
		return g_steal_pointer(&elapsed);
	percent = p->fraction * 100;
	if (p->fraction < ESTIMATE_MIN_FRACTION || elapsed_us < ESTIMATE_MIN_US)
		return g_strdup_printf("%d %%", percent);
	left = format_span(elapsed_us * (1 - p->fraction) / p->fraction);
	return g_strdup_printf("%d %%, %s left", percent, left);
}

/* A filled bar, or three cells that wander while the end is unknown. */
static void append_bar(GString *line, const struct progress *p, guint cells, gint64 now_us)
{
	guint step = (now_us - p->began_us) / (2 * REDRAW_INTERVAL_US) % (2 * cells);
	guint at = step < cells ? step : 2 * cells - 1 - step;

	g_string_append_c(line, '[');
	for (guint i = 0; i < cells; i++) {
		gboolean on = p->fraction < 0 ? i + 1 >= at && i <= at + 1
					      : i < p->fraction * cells;

		g_string_append_c(line, on ? '#' : '.');
	}
	g_string_append_c(line, ']');
}

/* Cut @line to @width characters, which may be of several bytes. */
static void cut_to_width(GString *line, guint width)
{
	if (g_utf8_validate(line->str, line->len, NULL)) {
		if (g_utf8_strlen(line->str, line->len) > width)
			g_string_truncate(line,
					  g_utf8_offset_to_pointer(line->str, width) - line->str);
	} else if (line->len > width) {
		g_string_truncate(line, width);
	}
}

static void draw_one(const struct progress *p, guint width, gint64 now_us)
{
	g_autoptr(GString) line = g_string_new(" ");
	g_autofree char *state = format_state(p, now_us);

	append_bar(line, p, CLAMP(width / 4, BAR_CELLS_MIN, BAR_CELLS_MAX), now_us);
	g_string_append_printf(line, " %s", state);
	if (p->detail)
		g_string_append_printf(line, "  %s", p->detail);
	g_string_prepend(line, p->title);
	cut_to_width(line, width - 1); /* the last column may wrap */
	if (in_colour() && line->len >= strlen(p->title)) {
		g_string_insert(line, strlen(p->title), PLAIN);
		g_string_prepend(line, BOLD);
	}
	fprintf(stderr, "%s\n", line->str);
}

static void erase_bars(void)
{
	for (; drawn_lines > 0; drawn_lines--)
		fputs(UP_AND_CLEAR, stderr);
}

static void draw_bars(void)
{
	guint width = columns();

	erase_bars();
	drawn_us = g_get_monotonic_time();
	for (guint i = 0; i < live->len; i++)
		draw_one(live->pdata[i], width, drawn_us);
	drawn_lines = live->len;
	fflush(stderr);
}

/* Print a line that stays: "title: text", or the text alone. */
static void print_line(const char *title, const char *text)
{
	if (on_terminal())
		erase_bars();
	if (title)
		fprintf(stderr, "%s%s%s: ", in_colour() ? BOLD : "", title,
			in_colour() ? PLAIN : "");
	fprintf(stderr, "%s\n", text);
	fflush(stderr);
	if (on_terminal() && live && live->len)
		draw_bars();
}

struct progress *progress_begin(const char *title)
{
	struct progress *p = g_new0(struct progress, 1);

	p->title = g_strdup(title);
	p->fraction = -1;
	p->began_us = p->line_us = g_get_monotonic_time();
	if (!live)
		live = g_ptr_array_new();
	g_ptr_array_add(live, p);
	if (quiet)
		return p;
	if (on_terminal())
		draw_bars();
	else
		print_line(p->title, "begins");
	return p;
}

void progress_update(struct progress *p, double fraction, const char *detail_fmt, ...)
{
	gint64 now_us = g_get_monotonic_time();
	va_list args;

	p->fraction = MIN(fraction, 1);
	g_clear_pointer(&p->detail, g_free);
	if (detail_fmt) {
		va_start(args, detail_fmt);
		p->detail = g_strdup_vprintf(detail_fmt, args);
		va_end(args);
	}
	if (quiet)
		return;
	if (on_terminal()) {
		if (now_us - drawn_us >= REDRAW_INTERVAL_US)
			draw_bars();
	} else if (now_us - p->line_us >= LINE_INTERVAL_US) {
		g_autofree char *state = format_state(p, now_us);
		g_autofree char *text = p->detail ? g_strdup_printf("%s, %s", state, p->detail)
						  : g_strdup(state);

		p->line_us = now_us;
		print_line(p->title, text);
	}
}

void progress_end(struct progress *p, const char *result_fmt, ...)
{
	g_autofree char *result = NULL;
	va_list args;

	va_start(args, result_fmt);
	result = g_strdup_vprintf(result_fmt, args);
	va_end(args);
	g_ptr_array_remove(live, p);
	if (!quiet)
		print_line(p->title, result);
	g_free(p->title);
	g_free(p->detail);
	g_free(p);
}

void progress_note(const char *fmt, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	if (quiet)
		return;
	va_start(args, fmt);
	text = g_strdup_vprintf(fmt, args);
	va_end(args);
	print_line(NULL, text);
}
