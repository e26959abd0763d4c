// SPDX-License-Identifier: GPL-2.0-only
/*
 * Start a swap server, know when it is ready, ask whether it still answers.
 *
 * Ready means: the second client read a block over the path that the guest will
 * take.  While waiting, a server that ends is noticed at once.
 */
#include "machine/server.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "machine/logtail.h"
#include "machine/nbd_probe.h"
#include "machine/server_private.h"

#define IMAGE_FD	   3
#define CONNECT_RETRY_MS   20
#define LOG_AFTER_ERROR_MS 50

const struct server_ops *const server_ops_table[] = { &nbd_server_ops, &nbdkit_ops, &qemu_nbd_ops,
						      &nfsd_ops,       &nvmet_ops,  NULL };

const struct server_ops *server_ops_find(const char *name)
{
	for (guint i = 0; server_ops_table[i]; i++)
		if (!strcmp(server_ops_table[i]->name, name))
			return server_ops_table[i];
	return NULL;
}

guint64 server_image_bytes(const struct scenario *scenario)
{
	const struct server_ops *ops = server_ops_find(scenario->swap.backend);
	guint64 bytes = scenario->swap.size_bytes;

	return ops->image_bytes ? ops->image_bytes(bytes) : bytes;
}

gboolean server_probe_nbd(struct server *server, int fd, guint deadline_ms, GError **error)
{
	return nbd_probe(fd, SERVER_EXPORT, server->size_bytes, deadline_ms, error);
}

char *server_tmp_path(struct server *server, const char *name)
{
	return g_build_filename(pod_tmp_dir(server->pod), name, NULL);
}

/* A failure of the server as one sentence: what we saw, and its own last words. */
static void set_refused(struct server *s, int log_fd, off_t log_from, const char *what,
			GError **error)
{
	g_autofree char *said = log_last_line(log_fd, log_from);

	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "swap server %s %s%s%s%s",
		    s->ops->name, what, said ? "; it says \"" : "", said ? said : "",
		    said ? "\"" : "");
}

static void set_ended(struct server *s, int log_fd, off_t log_from, GError **error)
{
	g_autofree char *how = text_wait_status(s->child->wait_status);
	g_autofree char *what = g_strconcat(how, " before it answered", NULL);

	set_refused(s, log_fd, log_from, what, error);
}

static gboolean check_port_is_free(struct server *s, GError **error)
{
	int fd = pod_connect(s->pod, s->port, NULL);

	if (fd < 0)
		return TRUE;
	close(fd);
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
		    "port %u is already in use in this run's network: set another swap.port",
		    s->port);
	return FALSE;
}

static gboolean spawn(struct server *s, int image_fd, int log_fd, GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	struct pod_fd fds[] = { { image_fd, IMAGE_FD }, { -1, 0 } };

	if (!s->ops->command(s, argv, IMAGE_FD, error))
		return FALSE;
	g_ptr_array_add(argv, NULL);
	s->child = (s->ops->detaches ? pod_spawn_daemon : pod_spawn)(
		s->pod, s->ops->name, (char *const *)argv->pdata, log_fd, fds, error);
	return s->child != NULL;
}

static gboolean wait_until_ready(struct server *s, int log_fd, off_t log_from, guint deadline_ms,
				 GError **error)
{
	gint64 until_ms = g_get_monotonic_time() / 1000 + deadline_ms;
	gint64 left_ms = deadline_ms;
	g_autoptr(GError) last = NULL;
	g_autofree char *what = NULL;
	int fd = -1;

	while (fd < 0 && left_ms > 0) {
		if (pod_wait(s->pod, s->child, CONNECT_RETRY_MS)) {
			set_ended(s, log_fd, log_from, error);
			return FALSE;
		}
		g_clear_error(&last);
		fd = pod_connect(s->pod, s->port, &last);
		left_ms = until_ms - g_get_monotonic_time() / 1000;
	}
	if (fd >= 0 && s->ops->probe(s, fd, MAX(left_ms, 0), &last))
		return TRUE;
	/* Its log, or its end, may come a moment after the connection broke. */
	if (pod_wait(s->pod, s->child, LOG_AFTER_ERROR_MS)) {
		set_ended(s, log_fd, log_from, error);
		return FALSE;
	}
	what = g_strdup_printf("refused: %s", last ? last->message : "no connection in time");
	set_refused(s, log_fd, log_from, what, error);
	return FALSE;
}

static struct server *server_new(struct pod *pod, const struct scenario *scenario)
{
	struct server *s = g_new0(struct server, 1);

	s->ops = server_ops_find(scenario->swap.backend);
	g_assert(s->ops); /* the scenario's table of backends is this one */
	s->pod = pod;
	s->port = scenario->swap.port;
	s->size_bytes = scenario->swap.size_bytes;
	s->delay_ms = scenario->swap.delay_ms;
	s->rate_bytes_per_s = scenario->swap.rate_bytes_per_s;
	return s;
}

struct server *server_start(struct pod *pod, const struct scenario *scenario, int image_fd,
			    int log_fd, guint deadline_ms, GError **error)
{
	struct server *s = server_new(pod, scenario);
	off_t log_from = log_end(log_fd);

	if (check_port_is_free(s, error) && spawn(s, image_fd, log_fd, error) &&
	    wait_until_ready(s, log_fd, log_from, deadline_ms, error))
		return s;
	server_free(s);
	return NULL;
}

struct server *server_in_vm(struct pod *pod, const struct scenario *scenario, struct pod_child *vm,
			    int log_fd, guint deadline_ms, GError **error)
{
	struct server *s = server_new(pod, scenario);

	s->child = vm;
	if (wait_until_ready(s, log_fd, log_end(log_fd), deadline_ms, error))
		return s;
	server_free(s);
	return NULL;
}

struct pod_child *server_child(struct server *server)
{
	return server->child;
}

gboolean server_inject_eio(struct server *server, gboolean on, GError **error)
{
	if (server->ops->inject_eio)
		return server->ops->inject_eio(server, on, error);
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
		    "backend %s cannot answer with EIO: use swap.backend=nbdkit",
		    server->ops->name);
	return FALSE;
}

gboolean server_reset(struct server *server, GError **error)
{
	g_autoptr(GArray) pids = pod_tree(server->pod, server->child);
	/* Breadth first: the guard of one that detaches, who listens, then the connections. */
	guint first = server->ops->detaches ? 2 : 1;

	if (!server->ops->forks || pids->len <= first) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "swap server %s has no process of a connection to end",
			    server->ops->name);
		return FALSE;
	}
	for (guint i = first; i < pids->len; i++)
		kill(g_array_index(pids, pid_t, i), SIGKILL);
	return TRUE;
}

gboolean server_answers(struct server *server, guint deadline_ms, GError **error)
{
	int fd = pod_connect(server->pod, server->port, error);

	if (fd >= 0 && server->ops->probe(server, fd, deadline_ms, error))
		return TRUE;
	g_prefix_error(error, "swap server %s did not answer a second client: ", server->ops->name);
	return FALSE;
}

void server_free(struct server *server)
{
	g_free(server);
}
