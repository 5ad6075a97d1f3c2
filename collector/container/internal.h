/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share: the rows of the runtimes, files below the host's root, the worker. */
#ifndef PORTHOLE_CONTAINER_INTERNAL_H
#define PORTHOLE_CONTAINER_INTERNAL_H

#include <jansson.h>
#include <stdatomic.h>
#include "collector/container/container.h"

#define CT_ID_MAX 128 /* bytes of a full id with its NUL */
#define CT_FILE_MAX (16u << 20) /* of a runtime's file that the worker reads */
#define CT_FILE_MAX_NOW (256u << 10) /* of one that is read while events wait; larger ones are left to the worker */
#define CT_ANSWER_MAX (4u << 20) /* of a runtime's answer */

/* Where a daemon keeps its state and listens. */
struct ct_place {
	struct ct_place *older;
	char *root, *socket;
};

/* How the paths of the host are reached, and where runtimes are. Used by the caller's thread and the worker. */
struct ct_env {
	char *root; /* "" or the prefix of every path */
	char *docker_root, *docker_socket; /* the options, "" when not given */
	bool ask;
	_Atomic(struct ct_place *) docker;
	int64_t docker_rescan; /* not before, ms; the worker's */
};

int ct_env_init(struct ct_env *env, const struct ph_containers_opts *opts);
void ct_env_destroy(struct ct_env *env);

/* --- docker_place.c --- */

const struct ct_place *ct_docker_place(struct ct_env *env); /* stays valid with env */
/* Looks for the daemon anew, at most once a second; true: it is elsewhere now. Reads all of /proc: for the worker only. */
bool ct_docker_look_again(struct ct_env *env);

/* --- hostfile.c --- */

/* Opens a path of the host; symbolic links are followed inside its root only. A descriptor or a negative errno. */
int ct_open(struct ct_env *env, const char *path, int flags);
/*
 * Reads and parses a regular file of at most max bytes; never waits for a FIFO or a device. 0; -EFBIG, -EBADMSG (no JSON
 * object), or another errno. *out belongs to the caller.
 */
int ct_read_json(struct ct_env *env, const char *path, size_t max, json_t **out);

/* --- details.c: the texts and lists of a struct ph_container --- */

struct ph_container *ct_draft_new(const char *full_id); /* NULL: no memory */
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
	/* Fills draft from the runtime's files. 0; -ENOENT: none there. May be called by any thread. NULL: has no files. */
	int (*read_disk)(struct ct_env *env, const char *id, size_t max, struct ph_container *draft);
	/* A number that changes when the files do. 0; -ENOENT. Called by the worker only. NULL: they never change. */
	int (*stamp)(struct ct_env *env, const char *id, uint64_t *stamp);
	/* Whether its files have turned out to be elsewhere. May take long: called by the worker only. NULL: never. */
	bool (*look_again)(struct ct_env *env);
	/* The path of its socket, NULL when it has none. */
	const char *(*socket)(struct ct_env *env);
	/* The HTTP path of request number step (0, 1, ..) about draft->full_id; false: there is none. */
	bool (*request)(const struct ph_container *draft, unsigned step, char *path, size_t size);
	/* Takes the answer to it in. 0 or -EBADMSG. */
	int (*answer)(struct ph_container *draft, unsigned step, const json_t *body);
};

extern const struct ct_runtime ct_docker;
extern const struct ct_runtime *const ct_runtimes[]; /* ends with NULL */

/*
 * The innermost component of path[0, len) that a runtime claims: its row, the id, and where the component ends. NULL: none.
 */
const struct ct_runtime *ct_match(const char *path, size_t len, struct ct_id *id, size_t *end);

/* --- worker.c: a thread that asks what takes time --- */

struct ct_worker;

/*
 * What the table and the worker share of a container. The table may forget the container while the worker still speaks of it:
 * a result is for the container whose life is this one, or for nobody.
 */
struct ct_life {
	atomic_uint refs;
	atomic_bool gone; /* it has ended, or is forgotten: nothing is tried twice */
	char id[CT_ID_MAX];
};

struct ct_life *ct_life_new(const char *id); /* NULL: no memory */
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
