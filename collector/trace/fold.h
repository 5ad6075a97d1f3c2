/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One system call is one event: folds the enter and exit of files into the exit in its newest form, with the enter's time. What the
 * exit of an older file lacks is taken from its enter; old codes become new ones (porthole/versions.def).
 *
 * Who calls it: the file source, with every event in the order of the file.
 */
#ifndef PORTHOLE_TRACE_FOLD_H
#define PORTHOLE_TRACE_FOLD_H

#include "collector/event.h"

struct ph_fold;

enum ph_folded {
	PH_FOLD_EVENT, /* the event is what consumers see */
	PH_FOLD_ENTER, /* it waits for its exit and is kept until then */
	PH_FOLD_DOUBLE, /* its call has been seen in a form of its own before: nothing */
};

struct ph_fold *ph_fold_new(void); /* NULL: no memory */
void ph_fold_free(struct ph_fold *f);
/* A new section: what waits is forgotten. */
void ph_fold_reset(struct ph_fold *f);

/*
 * Takes ev as ph_event_decode() left it. stable: its block stays where it is until
 * ph_fold_rescue(); otherwise a copy is kept at once of what has to wait. For
 * PH_FOLD_EVENT ev is lifted in place: type, info, parameters, res, enter_ts, enter. A parameter may then lie in the enter's block,
 * which is good until the thread's next event.
 */
enum ph_folded ph_fold_event(struct ph_fold *f, struct ph_event *ev, bool stable);

/* The same for an enter that nobody decoded: hdr->len bytes at hdr are there. */
void ph_fold_keep(struct ph_fold *f, const struct ph_evt_hdr *hdr, uint16_t cpu, bool large, bool stable);

/* The enter of this code that waits for the thread's exit; NULL: there is none. */
const struct ph_evt_hdr *ph_fold_waiting(struct ph_fold *f, int64_t tid, uint16_t code);

/* Blocks that were stable until now move: enters that wait are copied. */
void ph_fold_rescue(struct ph_fold *f);

/* The enters that wait: calls that have not returned. */
void ph_fold_each_waiting(struct ph_fold *f, void (*each)(void *arg, const struct ph_evt_hdr *enter, uint16_t cpu),
			  void *arg);

#endif
