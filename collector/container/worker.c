/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that asks runtimes over their sockets and tries files again that were not there yet. A runtime that is down,
 * hangs or answers nonsense is left alone for 1, 2, 4, .. 60 seconds; all that it costs is the missing detail.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "collector/container/internal.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define QUEUE_MAX 4096 /* questions that are not answered yet */
#define ACTIVE_MAX 8 /* requests under way at a time */
#define ATTEMPTS_MAX 4 /* requests about one container that the runtime did not answer as it should */
#define CONNECT_MS 1000
#define REQUEST_MS 3000
#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS 60000
#define DISK_FIRST_MS 10 /* and then twice as long each time */
#define DISK_TRIES 10
#define RUNTIMES_MAX 32
#define NEVER INT64_MAX

struct job {
	struct job *next;
	void *owner;
	const struct ct_runtime *rt;
	const atomic_bool *gone;
	char full_id[CT_ID_MAX];
	bool need_disk;
	unsigned disk_tries, attempts, step;
	int64_t disk_due;
	/* the request under way */
	CURL *easy;
	int socket;
	struct ph_container *draft;
	char *body;
	size_t len, size;
	bool too_big;
};

/* How a runtime's daemon has been doing. */
struct health {
	int64_t retry_at, backoff;
	unsigned failures; /* in a row */
	bool warned;
};

struct ct_worker {
	struct ct_env *env;
	pthread_mutex_t lock;
	pthread_t thread;
	bool started; /* the owner's */
	int wake; /* eventfd */
	/* under the lock */
	bool stop;
	struct job *inbox, **inbox_end;
	struct ct_result *results, **results_end;
	/* read without it */
	atomic_bool have_results;
	atomic_uint queued;
	/* the thread's own */
	struct job *jobs;
	unsigned nactive;
	CURLM *multi;
	struct health health[RUNTIMES_MAX];
};

static int64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* --- results --- */

void ct_result_free(struct ct_result *r)
{
	ct_draft_free(r->draft);
	free(r->warning);
	free(r);
}

static void publish(struct ct_worker *w, struct ct_result result)
{
	struct ct_result *r = malloc(sizeof *r);
	if (!r) {
		ct_draft_free(result.draft);
		free(result.warning);
		return;
	}
	*r = result;
	r->next = NULL;
	pthread_mutex_lock(&w->lock);
	*w->results_end = r;
	w->results_end = &r->next;
	atomic_store_explicit(&w->have_results, true, memory_order_release);
	pthread_mutex_unlock(&w->lock);
}

struct ct_result *ct_worker_take(struct ct_worker *w)
{
	if (!atomic_load_explicit(&w->have_results, memory_order_acquire))
		return NULL;
	pthread_mutex_lock(&w->lock);
	struct ct_result *r = w->results;
	w->results = NULL;
	w->results_end = &w->results;
	atomic_store_explicit(&w->have_results, false, memory_order_relaxed);
	pthread_mutex_unlock(&w->lock);
	return r;
}

/* --- jobs --- */

static void request_end(struct ct_worker *w, struct job *j)
{
	if (!j->easy)
		return;
	curl_multi_remove_handle(w->multi, j->easy);
	curl_easy_cleanup(j->easy);
	j->easy = NULL;
	close(j->socket);
	free(j->body);
	j->body = NULL;
	j->len = j->size = 0;
	w->nactive--;
}

static void job_free(struct ct_worker *w, struct job *j)
{
	request_end(w, j);
	ct_draft_free(j->draft);
	free(j);
	atomic_fetch_sub(&w->queued, 1);
}

/* Nothing more will be found than what the draft (which may be NULL) tells. */
static void job_done(struct ct_worker *w, struct job *j)
{
	struct job **p = &w->jobs;
	while (*p != j)
		p = &(*p)->next;
	*p = j->next;
	publish(w, (struct ct_result){ .owner = j->owner, .draft = j->draft, .last = true });
	j->draft = NULL;
	job_free(w, j);
}

static struct health *health_of(struct ct_worker *w, const struct ct_runtime *rt)
{
	size_t i = 0;
	while (ct_runtimes[i] != rt)
		i++;
	return &w->health[i % RUNTIMES_MAX];
}

__attribute__((format(printf, 4, 5))) static void warn_once(struct ct_worker *w, struct health *h,
							    const struct ct_runtime *rt, const char *fmt, ...)
{
	char why[256], *line;
	va_list ap;

	if (h->warned)
		return;
	h->warned = true;
	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	if (asprintf(&line, "%s at %s %s; details that only it knows are missing until it answers", rt->title,
		     rt->socket(w->env), why) >= 0)
		publish(w, (struct ct_result){ .warning = line });
}

/* --- requests --- */

static size_t body_add(char *data, size_t one, size_t n, void *arg)
{
	struct job *j = arg;
	(void)one;
	if (n > CT_ANSWER_MAX - j->len) {
		j->too_big = true;
		return 0;
	}
	if (j->len + n > j->size) {
		size_t size = j->size ? j->size : 4096;
		while (size < j->len + n)
			size *= 2;
		char *body = realloc(j->body, size);
		if (!body)
			return 0;
		j->body = body;
		j->size = size;
	}
	memcpy(j->body + j->len, data, n);
	j->len += n;
	return n;
}

/* The daemon is left alone for a while. */
static void back_off(struct health *h)
{
	h->failures++;
	h->backoff = h->backoff ? h->backoff * 2 : BACKOFF_FIRST_MS;
	if (h->backoff > BACKOFF_MAX_MS)
		h->backoff = BACKOFF_MAX_MS;
	h->retry_at = now_ms() + h->backoff;
}

/* The request failed in a way that another one may not. */
static void request_failed(struct ct_worker *w, struct job *j, bool unreachable)
{
	request_end(w, j);
	back_off(health_of(w, j->rt));
	if (!unreachable)
		j->attempts++;
	if (!j->step) { /* half a draft says less than none */
		ct_draft_free(j->draft);
		j->draft = NULL;
	}
	if (j->step || j->attempts >= ATTEMPTS_MAX)
		job_done(w, j);
}

static void set_options(CURL *easy, struct job *j, const char *socket, const char *url)
{
	curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl_easy_setopt(easy, CURLOPT_URL, url);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
#else
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTP);
#endif
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)REQUEST_MS);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_add);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, j);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, j);
}

/* A descriptor stands for the socket: its path may be too long for connect(), or lie below another root. */
static void request_begin(struct ct_worker *w, struct job *j)
{
	char path[512], url[544], socket[64];
	if (!j->draft)
		j->draft = ct_draft_new(j->full_id);
	if (!j->draft || !j->rt->request || !j->rt->request(j->draft, j->step, path, sizeof path)) {
		job_done(w, j);
		return;
	}
	int fd = ct_open(w->env, j->rt->socket(w->env), O_PATH);
	if (fd < 0) {
		warn_once(w, health_of(w, j->rt), j->rt, "cannot be reached (%s)", strerror(-fd));
		request_failed(w, j, true);
		return;
	}
	CURL *easy = curl_easy_init();
	if (!easy) {
		close(fd);
		job_done(w, j);
		return;
	}
	snprintf(socket, sizeof socket, "/proc/self/fd/%d", fd);
	snprintf(url, sizeof url, "http://localhost%s", path);
	set_options(easy, j, socket, url);
	j->easy = easy;
	j->socket = fd;
	j->too_big = false;
	w->nactive++;
	curl_multi_add_handle(w->multi, easy);
}

static bool take_answer(struct ct_worker *w, struct job *j, long status)
{
	if (status != 200) {
		warn_once(w, health_of(w, j->rt), j->rt, "answers with HTTP status %ld", status);
		return false;
	}
	json_t *body = json_loadb(j->body ? j->body : "", j->len, 0, NULL);
	bool good = json_is_object(body) && !j->rt->answer(j->draft, j->step, body);
	json_decref(body);
	if (!good)
		warn_once(w, health_of(w, j->rt), j->rt, "answers what porthole does not understand");
	return good;
}

static void transfer_failed(struct ct_worker *w, struct job *j, CURLcode code)
{
	struct health *h = health_of(w, j->rt);
	if (j->too_big)
		warn_once(w, h, j->rt, "answers with more than %u MiB", CT_ANSWER_MAX >> 20);
	else if (code != CURLE_OPERATION_TIMEDOUT)
		warn_once(w, h, j->rt, "cannot be asked (%s)", curl_easy_strerror(code));
	else if (h->failures) /* once is normal: Docker answers when the container has started */
		warn_once(w, h, j->rt, "does not answer within %d seconds", REQUEST_MS / 1000);
	request_failed(w, j, code == CURLE_COULDNT_CONNECT);
}

static void request_finished(struct ct_worker *w, struct job *j, CURLcode code)
{
	long status = 0;
	curl_easy_getinfo(j->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code) {
		transfer_failed(w, j, code);
		return;
	}
	if (status == 404) {
		request_end(w, j);
		if (!j->step) {
			ct_draft_free(j->draft);
			j->draft = NULL;
		}
		*health_of(w, j->rt) = (struct health){ .warned = health_of(w, j->rt)->warned };
		job_done(w, j);
		return;
	}
	if (!take_answer(w, j, status)) {
		request_failed(w, j, false);
		return;
	}
	*health_of(w, j->rt) = (struct health){ .warned = health_of(w, j->rt)->warned };
	request_end(w, j);
	j->step++;
	request_begin(w, j);
}

/* --- the loop --- */

static void try_disk(struct ct_worker *w, struct job *j, int64_t now)
{
	struct ph_container *draft = j->rt->read_disk ? ct_draft_new(j->full_id) : NULL;
	if (draft && !j->rt->read_disk(w->env, j->full_id, CT_FILE_MAX, draft)) {
		publish(w, (struct ct_result){ .owner = j->owner, .draft = draft });
		j->need_disk = false;
		return;
	}
	ct_draft_free(draft);
	j->disk_due = now + ((int64_t)DISK_FIRST_MS << j->disk_tries);
	if (!j->rt->read_disk || ++j->disk_tries == DISK_TRIES)
		j->need_disk = false;
}

/* Returns when the job wants to be looked at again; it may have ended. */
static int64_t step(struct ct_worker *w, struct job *j, int64_t now)
{
	if (j->need_disk && now >= j->disk_due)
		try_disk(w, j, now);
	if (j->easy)
		return j->need_disk ? j->disk_due : NEVER;

	const struct health *h = health_of(w, j->rt);
	bool gone = atomic_load(j->gone);
	if (!j->rt->socket || (gone && (j->attempts || h->failures))) {
		if (!j->need_disk || gone) {
			job_done(w, j);
			return NEVER;
		}
		return j->disk_due;
	}
	int64_t due = h->retry_at;
	if (now >= due && w->nactive < ACTIVE_MAX) {
		request_begin(w, j);
		return now;
	}
	if (now >= due) /* a request that ends wakes the loop */
		due = NEVER;
	return j->need_disk && j->disk_due < due ? j->disk_due : due;
}

static int64_t step_all(struct ct_worker *w)
{
	int64_t now = now_ms(), wait = NEVER;
	for (struct job *j = w->jobs, *next; j; j = next) {
		next = j->next;
		int64_t due = step(w, j, now);
		if (due < wait)
			wait = due;
	}
	return wait == NEVER ? NEVER : wait > now ? wait - now : 0;
}

static void finish_requests(struct ct_worker *w)
{
	int left;
	CURLMsg *m;
	while ((m = curl_multi_info_read(w->multi, &left))) {
		char *j = NULL;
		if (m->msg != CURLMSG_DONE)
			continue;
		CURLcode code = m->data.result;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &j);
		request_finished(w, (struct job *)(void *)j, code);
	}
}

/* New questions go to the end, so that what waits longest is asked first. false: stop. */
static bool take_inbox(struct ct_worker *w)
{
	pthread_mutex_lock(&w->lock);
	struct job *new = w->inbox;
	bool stop = w->stop;
	w->inbox = NULL;
	w->inbox_end = &w->inbox;
	pthread_mutex_unlock(&w->lock);

	struct job **end = &w->jobs;
	while (*end)
		end = &(*end)->next;
	*end = new;
	return !stop;
}

static void *run(void *arg)
{
	struct ct_worker *w = arg;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	w->multi = curl_multi_init();

	while (take_inbox(w) && w->multi) {
		int64_t wait = step_all(w);
		int running, timeout = wait > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : (int)wait;
		struct curl_waitfd wake = { .fd = w->wake, .events = CURL_WAIT_POLLIN };
		curl_multi_perform(w->multi, &running);
		finish_requests(w);
		if (curl_multi_poll(w->multi, &wake, 1, timeout, NULL))
			break;
		eventfd_t value;
		if (wake.revents)
			eventfd_read(w->wake, &value);
		curl_multi_perform(w->multi, &running);
		finish_requests(w);
	}
	while (w->jobs) {
		struct job *j = w->jobs;
		w->jobs = j->next;
		job_free(w, j);
	}
	curl_multi_cleanup(w->multi);
	curl_global_cleanup();
	return NULL;
}

/* Signals are for the main thread. */
static int start(struct ct_worker *w)
{
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int err = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	w->started = !err;
	return -err;
}

int ct_worker_ask(struct ct_worker *w, const struct ct_runtime *rt, const char *full_id, bool need_disk,
		  const atomic_bool *gone, void *owner)
{
	if (atomic_load(&w->queued) >= QUEUE_MAX)
		return -ENOSPC;
	struct job *j = calloc(1, sizeof *j);
	if (!j)
		return -ENOMEM;
	j->owner = owner;
	j->rt = rt;
	j->gone = gone;
	j->need_disk = need_disk;
	j->disk_due = now_ms() + DISK_FIRST_MS;
	snprintf(j->full_id, sizeof j->full_id, "%s", full_id);

	int err = w->started ? 0 : start(w);
	if (err) {
		free(j);
		return err;
	}
	atomic_fetch_add(&w->queued, 1);
	pthread_mutex_lock(&w->lock);
	*w->inbox_end = j;
	w->inbox_end = &j->next;
	pthread_mutex_unlock(&w->lock);
	eventfd_write(w->wake, 1);
	return 0;
}

struct ct_worker *ct_worker_new(struct ct_env *env)
{
	struct ct_worker *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	w->env = env;
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->wake < 0) {
		free(w);
		return NULL;
	}
	w->inbox_end = &w->inbox;
	w->results_end = &w->results;
	pthread_mutex_init(&w->lock, NULL);
	return w;
}

void ct_worker_free(struct ct_worker *w)
{
	if (!w)
		return;
	if (w->started) {
		pthread_mutex_lock(&w->lock);
		w->stop = true;
		pthread_mutex_unlock(&w->lock);
		eventfd_write(w->wake, 1);
		pthread_join(w->thread, NULL);
	}
	while (w->inbox) {
		struct job *j = w->inbox;
		w->inbox = j->next;
		free(j);
	}
	for (struct ct_result *r = w->results, *next; r; r = next) {
		next = r->next;
		ct_result_free(r);
	}
	close(w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
