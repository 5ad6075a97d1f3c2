/* SPDX-License-Identifier: Apache-2.0 */
/* Names of addresses: a table of answers, a queue of questions, and a thread that asks them (collector/field/resolver.h). */
#include "collector/field/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SLOTS 4096u /* addresses that are kept; a power of two */
#define WAYS 8u /* places that an address may have */
#define QUEUE 256u
#define WAIT_NS 5000000ull
#define WAIT_EVERY_NS 100000000ull
#define SECOND 1000000000ull

enum answer { EMPTY, ASKED, ANSWERED };

struct address {
	uint8_t bytes[16];
	uint8_t len;
};

struct entry {
	struct address addr;
	uint8_t answer; /* enum answer */
	uint64_t used; /* by which the oldest of its places is found */
	char name[PH_HOST_NAME_MAX];
};

/* Shared with the thread, which may be in the middle of a long question when nobody wants the answer any more: the last one frees it. */
struct ph_resolver {
	pthread_mutex_t lock;
	pthread_cond_t asked, answered;
	ph_resolve_fn *f;
	int refs;
	bool over;
	uint64_t clock, waited_at;
	struct address queue[QUEUE];
	uint32_t first, count;
	struct entry entries[SLOTS];
};

static size_t ask_host(const uint8_t *addr, size_t len, char name[PH_HOST_NAME_MAX])
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	int rc;

	if (len == 4) {
		memcpy(&in.sin_addr, addr, 4);
		rc = getnameinfo((const struct sockaddr *)&in, sizeof in, name, PH_HOST_NAME_MAX, NULL, 0, NI_NAMEREQD);
	} else {
		memcpy(&in6.sin6_addr, addr, 16);
		rc = getnameinfo((const struct sockaddr *)&in6, sizeof in6, name, PH_HOST_NAME_MAX, NULL, 0,
				 NI_NAMEREQD);
	}
	return rc == 0 ? strnlen(name, PH_HOST_NAME_MAX - 1) : 0;
}

static uint32_t hash(const struct address *a)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < a->len; i++)
		h = (h ^ a->bytes[i]) * 16777619u;
	return h ^ h >> 15;
}

static bool same(const struct address *a, const struct address *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* The entry of an address, or with `make` the place of the one that was not used for longest. */
static struct entry *find(struct ph_resolver *r, const struct address *a, bool make)
{
	uint32_t at = hash(a) & (SLOTS - WAYS);
	struct entry *oldest = &r->entries[at];

	for (uint32_t i = 0; i < WAYS; i++) {
		struct entry *e = &r->entries[at + i];

		if (e->answer != EMPTY && same(&e->addr, a))
			return e;
		if (e->used < oldest->used)
			oldest = e;
	}
	if (!make)
		return NULL;
	*oldest = (struct entry){ .addr = *a, .answer = ASKED };
	return oldest;
}

static void release(struct ph_resolver *r)
{
	bool last = --r->refs == 0;

	pthread_mutex_unlock(&r->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->asked);
	pthread_cond_destroy(&r->answered);
	free(r);
}

static void answer_one(struct ph_resolver *r)
{
	struct address a = r->queue[r->first];
	char name[PH_HOST_NAME_MAX];
	struct entry *e;
	size_t n;

	r->first = (r->first + 1) % QUEUE;
	r->count--;
	pthread_mutex_unlock(&r->lock);
	n = r->f(a.bytes, a.len, name);
	pthread_mutex_lock(&r->lock);
	e = find(r, &a, false);
	if (e) {
		memcpy(e->name, name, n);
		e->name[n] = '\0';
		e->answer = ANSWERED;
	}
	pthread_cond_broadcast(&r->answered);
}

static void *work(void *arg)
{
	struct ph_resolver *r = arg;

	pthread_mutex_lock(&r->lock);
	while (!r->over) {
		if (r->count > 0)
			answer_one(r);
		else
			pthread_cond_wait(&r->asked, &r->lock);
	}
	release(r);
	return NULL;
}

struct ph_resolver *ph_resolver_new(ph_resolve_fn *f)
{
	struct ph_resolver *r = calloc(1, sizeof *r);
	pthread_condattr_t monotonic;
	pthread_t thread;

	if (!r)
		return NULL;
	r->f = f ? f : ask_host;
	r->refs = 2;
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&r->asked, NULL);
	pthread_cond_init(&r->answered, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (pthread_create(&thread, NULL, work, r) != 0) {
		r->refs = 1;
		pthread_mutex_lock(&r->lock);
		release(r);
		return NULL;
	}
	pthread_detach(thread);
	return r;
}

void ph_resolver_free(struct ph_resolver *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->over = true;
	pthread_cond_signal(&r->asked);
	release(r);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

/* false: too many wait for their answers already; it is asked again when it is next seen. */
static bool enqueue(struct ph_resolver *r, const struct address *a)
{
	if (r->count == QUEUE)
		return false;
	r->queue[(r->first + r->count++) % QUEUE] = *a;
	pthread_cond_signal(&r->asked);
	return true;
}

static void wait_a_moment(struct ph_resolver *r, const struct entry *e)
{
	uint64_t now = now_ns(), end = now + WAIT_NS;
	struct timespec until = { .tv_sec = (time_t)(end / SECOND), .tv_nsec = (long)(end % SECOND) };

	if (r->waited_at && now - r->waited_at < WAIT_EVERY_NS)
		return;
	while (e->answer == ASKED && pthread_cond_timedwait(&r->answered, &r->lock, &until) == 0)
		;
	/* the time that short waits leave over may be used by the next */
	if (now_ns() >= end)
		r->waited_at = end;
}

size_t ph_resolver_name(struct ph_resolver *r, const uint8_t *addr, size_t len, char name[PH_HOST_NAME_MAX])
{
	struct address a = { .len = (uint8_t)len };
	struct entry *e;
	size_t n = 0;

	if (len != 4 && len != 16)
		return 0;
	memcpy(a.bytes, addr, len);
	pthread_mutex_lock(&r->lock);
	e = find(r, &a, false);
	if (!e && enqueue(r, &a)) {
		e = find(r, &a, true);
		wait_a_moment(r, e);
	}
	if (e) {
		e->used = ++r->clock;
		n = e->answer == ANSWERED ? strlen(e->name) : 0;
		memcpy(name, e->name, n + 1);
	}
	pthread_mutex_unlock(&r->lock);
	return n;
}
