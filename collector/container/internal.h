/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share: the rows of the runtimes, files below the host's root, the worker. */
#ifndef PORTHOLE_CONTAINER_INTERNAL_H
#define PORTHOLE_CONTAINER_INTERNAL_H

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include "collector/container/container.h"

#define CT_ID_MAX 128 /* bytes of a full id with its NUL */
#define CT_FILE_MAX (16u << 20) /* of a runtime's file that the worker reads */
#define CT_FILE_MAX_NOW (256u << 10) /* of one that is read while events wait; larger ones are left to the worker */
#define CT_ANSWER_MAX (4u << 20) /* of a runtime's answer */
#define CT_PLACES_MAX 16 /* daemons of a runtime */

struct ct_life;

/* How a daemon has been doing; the worker's. */
struct ct_health {
	int64_t retry_at, backoff;
	unsigned failures; /* in a row */
	bool warned;
};

/* Where a daemon keeps its state and listens. Nothing but health changes once it is in a list. */
struct ct_place {
	atomic_uint refs;
	char *root, *socket; /* as the daemon sees them */
	unsigned pid; /* 0, or the daemon through whose /proc/<pid>/root they are reached */
	uint64_t born; /* when pid was started */
	char inside[CT_ID_MAX]; /* "", or the container that the daemon lives in: it knows those below that only */
	uint8_t rank; /* lower ones are asked first */
	struct ct_health health;
};

/* A list of them, which is replaced as a whole. */
struct ct_places {
	atomic_uint refs;
	size_t n; /* up to CT_PLACES_MAX, at least one */
	struct ct_place *at[];
};

/* How the paths of the host are reached, and where runtimes are. Used by the caller's thread and the worker. */
struct ct_env {
	char *root; /* "" or the prefix of every path */
	char *docker_root, *docker_socket; /* the options, "" when not given */
	bool ask;
	pthread_mutex_t lock; /* of docker; never held while anything is waited for */
	struct ct_places *docker;
	/* the worker's */
	int64_t docker_rescan, docker_pause; /* not before, ms, and after another look in vain */
	unsigned scans; /* looks at /proc so far */
};

int ct_env_init(struct ct_env *env, const struct ph_containers_opts *opts);
void ct_env_destroy(struct ct_env *env);

/* --- places.c --- */

/* Whether it can be a container of that daemon: one inside of a container speaks for what is below that only. */
bool ct_place_may_know(const struct ct_place *p, const struct ct_life *life);
struct ct_place *ct_place_new(const char *root, const char *socket); /* NULL: no memory */
struct ct_place *ct_place_ref(struct ct_place *p);
void ct_place_unref(struct ct_place *p); /* may be NULL */
struct ct_places *ct_places_ref(struct ct_places *l);
void ct_places_unref(struct ct_places *l); /* may be NULL; its places too */
/* When the process of that number was started, in ticks; 0: unknown. proc: the folder /proc. */
uint64_t ct_process_born(int proc, unsigned pid);
/* A path of the place as one of the host, for a person. */
const char *ct_place_path(const struct ct_place *p, const char *path, char *buf, size_t size);

/* --- docker_place.c --- */

struct ct_places *ct_docker_places(struct ct_env *env); /* to be given back with ct_places_unref() */
/* Looks for daemons anew, after a pause only; true: the list has changed. Reads all of /proc: for the worker only. */
bool ct_docker_look_again(struct ct_env *env);

/* --- hostfile.c --- */

/*
 * Opens a path of the host, or one that the daemon of a place sees (p may be NULL); symbolic links are followed inside of that
 * root only. A descriptor or a negative errno.
 */
int ct_open(struct ct_env *env, const struct ct_place *p, const char *path, int flags);
/*
 * Reads and parses a regular file of at most max bytes; never waits for a FIFO or a device. 0; -EFBIG, -EBADMSG (no JSON
 * object), or another errno. *out belongs to the caller.
 */
int ct_read_json(struct ct_env *env, const struct ct_place *p, const char *path, size_t max, json_t **out);

/* --- details.c: the texts and lists of a struct ph_container --- */

struct ph_container *ct_draft_new(const char *full_id); /* NULL: no memory */
/* One that changes nothing when it is merged into c. */
struct ph_container *ct_draft_like(const struct ph_container *c);
void ct_draft_free(struct ph_container *c);
/* Gives c its first, empty details; full_id and cgroup too are empty. */
void ct_details_init(struct ph_container *c);
void ct_details_destroy(struct ph_container *c);
void ct_text_init(char **field); /* makes it an empty text, for ct_set() */
/* Replaces *field by a copy of value (len bytes); keeps the old text when there is no memory. */
void ct_set(char **field, const char *value, size_t len);
void ct_set_json(char **field, const json_t *string); /* keeps the old text when it is no string */
/* Moves the details of draft into c where they say more or something else; true: c has changed. */
bool ct_merge(struct ph_container *c, struct ph_container *draft);
/* Takes out of draft the texts, lists and times that before has too, so that merging it changes what differs only. */
void ct_leave_out(struct ph_container *draft, const struct ph_container *before);

/* --- record_read.c: what trace files say --- */

struct ct_record {
	char id[CT_ID_MAX]; /* the longest that it tells */
	int type; /* enum ph_container_type; -1: not told */
	int lookup; /* enum ph_container_lookup */
};

/* The container's object in the text of a record, counted; NULL with *err: -EBADMSG, -ENOSPC. */
json_t *ct_record_parse(const char *text, size_t len, int *err);
/* Who it is about. 0 or -EBADMSG. */
int ct_record_head(const json_t *object, struct ct_record *rec);
/* Writes the details that it tells into a draft, which has those of before where a draft has to (see ct_draft_like()). */
void ct_record_details(const json_t *object, struct ph_container *draft);
bool ct_is_hex_id(const char *s, size_t len); /* 12 or 64 lower case hexadecimal digits */

/* --- record_path.c: cgroup paths of containers that only records tell of --- */

/*
 * Asks known() about each part of the component [start, end) of a path that may be the id of a container, until it says yes. It need
 * not be one: what is asked for has been told by somebody.
 */
bool ct_known_in(const char *path, size_t start, size_t end, bool (*known)(void *arg, const char *id, size_t len),
		 void *arg);

/* --- runtimes --- */

enum ct_claim { CT_NO, CT_MAYBE, CT_SURE };

struct ct_id {
	const char *text; /* inside the path */
	size_t len;
	bool sure; /* the claim was CT_SURE; set by ct_match() */
};

/* A row: one container runtime. To add one is to write this, to declare it below and to name it in runtimes.c. */
struct ct_runtime {
	const char *title; /* as a person calls it */
	uint8_t type; /* enum ph_container_type */
	/* Whether the component [start, end) of a cgroup path is the cgroup of a container, and of which. */
	enum ct_claim (*claim)(const char *path, size_t start, size_t end, struct ct_id *id);
	/*
	 * Fills draft from the runtime's files. 0; -ENOENT: none there. May be called by any thread. NULL: has no files.
	 * *at: where they are, counted; looked at first when it is set before. at may be NULL.
	 */
	int (*read_disk)(struct ct_env *env, const struct ct_life *life, size_t max, struct ph_container *draft,
			 struct ct_place **at);
	/* A number that changes when the files do. 0; -ENOENT. Called by the worker only. NULL: they never change. */
	int (*stamp)(struct ct_env *env, const struct ct_life *life, uint64_t *stamp, struct ct_place **at);
	/* Whether its files have turned out to be elsewhere too. May take long: called by the worker only. NULL: never. */
	bool (*look_again)(struct ct_env *env);
	/* Its daemons, counted; NULL when it has no sockets. */
	struct ct_places *(*places)(struct ct_env *env);
	/* The HTTP path of request number step (0, 1, ..) about draft->full_id; false: there is none. */
	bool (*request)(const struct ph_container *draft, unsigned step, char *path, size_t size);
	/* Takes the answer to it in. 0 or -EBADMSG. */
	int (*answer)(struct ph_container *draft, unsigned step, const json_t *body);
};

/*
 * What the table and the worker share of a container. The table may forget the container while the worker still speaks of it:
 * a result is for the container whose life is this one, or for nobody.
 */
struct ct_life {
	atomic_uint refs;
	atomic_bool gone; /* it has ended, or is forgotten: nothing is tried twice */
	char id[CT_ID_MAX];
	char cgroup[]; /* where it was seen first */
};

extern const struct ct_runtime ct_docker;
extern const struct ct_runtime *const ct_runtimes[]; /* ends with NULL */

/*
 * The innermost component of path[0, len) that a runtime claims: its row, the id, and where the component ends. NULL: none.
 */
const struct ct_runtime *ct_match(const char *path, size_t len, struct ct_id *id, size_t *end);

/* --- worker.c: a thread that asks what takes time --- */

struct ct_worker;

struct ct_life *ct_life_new(const struct ct_id *id, const char *cgroup, size_t len); /* NULL: no memory */
void ct_life_unref(struct ct_life *l); /* may be NULL */

/* What the worker has found. */
struct ct_result {
	struct ct_result *next;
	struct ct_life *life;
	struct ph_container *draft; /* NULL: nothing more to be found */
	bool last; /* the answer to ct_worker_ask() is complete; later ones tell what has changed since */
	char *warning; /* a line to be shown once; life and draft are NULL then */
};

struct ct_worker *ct_worker_new(struct ct_env *env); /* NULL: no memory; the thread starts with the first question */
/* Does not wait for answers that are under way. */
void ct_worker_free(struct ct_worker *w);
/*
 * Asks for the details of a container. need_disk: its files were not there a moment ago. sure: it is a container, worth being
 * asked for even when it has ended. -ENOSPC: too many questions; 0: results will come, one of them with .last.
 */
int ct_worker_ask(struct ct_worker *w, const struct ct_runtime *rt, struct ct_life *life, bool need_disk, bool sure);
/* All results so far, or NULL; one atomic load when there are none. */
struct ct_result *ct_worker_take(struct ct_worker *w);
void ct_result_free(struct ct_result *r);

#endif
