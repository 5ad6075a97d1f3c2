/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes trace files: -w with all that goes with it. Each file stands alone: it begins with a head made of the state as it is at
 * that moment. Events are copied; nothing waits for the disk when the source is live: what finds no room is counted and a gap
 * record stands in its place.
 *
 * Who calls it: a program, with each event between ph_inspector_next() and the next one.
 */
#ifndef PORTHOLE_TRACE_WRITER_H
#define PORTHOLE_TRACE_WRITER_H

#include "collector/trace/encode.h"
#include "collector/trace/sink.h"
#include "collector/trace/trace.h"

struct ph_trace_writer;

typedef void ph_trace_waiting_fn(void *arg, const struct ph_evt_hdr *enter, uint16_t cpu);

struct ph_trace_writer_opts {
	size_t size;
	const char *path; /* "-": standard output */
	bool live; /* never wait for the disk */
	bool gzip; /* -z */
	struct ph_encode_opts encode;
	uint64_t rotate_bytes; /* -C, in bytes of the file; 0: never */
	uint64_t rotate_ns; /* -G, of event time */
	uint64_t rotate_events; /* -e */
	uint32_t ring; /* -W: so many files, then over the oldest; 0: no limit */
	uint64_t flush_ns; /* 0: a second */
	struct ph_encode_head head; /* all but ts_ns, redact and modern, which the writer fills in */
	/* Calls each with every call of the source that has begun and not returned: a file begins with them. NULL: none are known. */
	void (*waiting)(void *arg, ph_trace_waiting_fn *each, void *each_arg);
	void *waiting_arg;
	void (*warn)(void *arg, const char *line);
	void *warn_arg;
	/* See sink.h: what must not be written over, and who is not to wait for ever. */
	const struct ph_sink_file *sources;
	size_t nsources;
	const volatile sig_atomic_t *hurry;
};

struct ph_trace_writer_stats {
	uint64_t events, hidden; /* written: shown and for their state alone */
	uint64_t lost, lost_state; /* found no room */
	uint64_t files;
	uint64_t bytes; /* appended, before packing */
};

/* Opens the first file when the name is known: at once, or with the first event when it depends on its time. */
int ph_trace_writer_open(struct ph_trace_writer **out, const struct ph_trace_writer_opts *opts, char *err,
			 size_t errlen);
/*
 * Takes an event. hidden: kept for its state alone. 0; a negative errno when nothing can be written any more.
 */
int ph_trace_writer_event(struct ph_trace_writer *w, const struct ph_event *ev, bool hidden);
/* An event block of a file whose code is not in our table: it is copied as it is. Otherwise the same. */
int ph_trace_writer_block(struct ph_trace_writer *w, const struct ph_evt_hdr *hdr, uint16_t cpu, uint32_t flags,
			  bool large);
/* A container became known or changed: its record goes into the stream. */
int ph_trace_writer_container(struct ph_trace_writer *w, const struct ph_container *c);
/*
 * Writes the head now, when the file has a name and no head yet: the source is a file, whose state before its first event is known at
 * once. Otherwise it is written with the first event or ph_trace_writer_poll().
 */
int ph_trace_writer_head(struct ph_trace_writer *w);
/* Another source from now on: its head is written with the next event. The file goes on. */
int ph_trace_writer_use(struct ph_trace_writer *w, const struct ph_encode_head *head);
/* The source's next section begins (state is that of its head by now): so does one in the file. */
int ph_trace_writer_section(struct ph_trace_writer *w);
/* When there are no events: lets time pass. 0 or a negative errno as above. */
int ph_trace_writer_poll(struct ph_trace_writer *w);
void ph_trace_writer_stats(const struct ph_trace_writer *w, struct ph_trace_writer_stats *st);
/* Ends the file. 0, or a negative errno with a line for a person in err. w is freed in any case; NULL is nothing. */
int ph_trace_writer_close(struct ph_trace_writer *w, char *err, size_t errlen);

#endif
