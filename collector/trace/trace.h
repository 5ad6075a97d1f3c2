/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The .scap trace file: its blocks, and what its head tells of a machine. A file is one section or several, one after the other:
 * a section header, the head blocks (machine, interfaces, users, processes, their descriptors), then event blocks. The reader is
 * reader.h, the writer writer.h; between them and the rest of the collector stand fold.h and encode.h.
 *
 * Every block is `u32 type, u32 length, body, padding to 4, u32 length`; lengths count everything. All numbers are little-endian
 * and unaligned.
 */
#ifndef PORTHOLE_TRACE_H
#define PORTHOLE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#define PH_BLOCK_SECTION 0x0a0d0d0au
#define PH_SECTION_MAGIC 0x1a2b3c4du
#define PH_BLOCK_OVERHEAD 12u /* bytes of a block around its body and padding */

/* What a block holds; several codes stand for each (blocks.c). */
enum ph_block_kind {
	PH_BK_UNKNOWN,
	PH_BK_SECTION,
	PH_BK_MACHINE,
	PH_BK_PROCESSES,
	PH_BK_FDS,
	PH_BK_INTERFACES,
	PH_BK_USERS,
	PH_BK_EVENT,
	PH_BK_EXTRA, /* porthole's own: what the format has no room for */
};

/* The codes that are written, those of format 1.2; and porthole's own block, which other readers skip. */
enum ph_block_code {
	PH_BC_MACHINE = 0x201,
	PH_BC_PROCESSES = 0x215,
	PH_BC_EVENT = 0x216,
	PH_BC_EVENT_FLAGS = 0x217, /* with 32 bits of flags in front of the event */
	PH_BC_FDS = 0x218,
	PH_BC_INTERFACES = 0x219,
	PH_BC_USERS = 0x220,
	PH_BC_EVENT_LARGE = 0x221, /* length words of 32 bits */
	PH_BC_EVENT_FLAGS_LARGE = 0x222,
	PH_BC_EXTRA = 0x70680001, /* entries: u32 length with itself, u8 kind (enum ph_extra), body */
};

#define PH_BLOCK_FLAG_HIDDEN 1u /* a state event that is not to be shown */

/* Entries of PH_BC_EXTRA; unknown ones are skipped. */
enum ph_extra {
	PH_EXTRA_WRITER = 1, /* text: the program and its version */
	PH_EXTRA_FD = 2, /* struct ph_extra_fd */
	PH_EXTRA_NOTE = 3, /* text for a person: what the capture left out (redacted, strict, ..) */
};

/* What the list of descriptors has no room for. */
struct __attribute__((packed)) ph_extra_fd {
	int64_t tid;
	int32_t fd;
	uint16_t flags; /* PH_FDF_* of state.h: roles, close-on-exec */
	uint16_t type; /* enum ph_fd_type; 0: as in the list */
};

/* A row of the table of block codes. */
struct ph_block_info {
	uint32_t code;
	uint8_t kind; /* enum ph_block_kind */
	uint8_t version; /* of the kind, from 1 */
	bool flags, large; /* events: 32 bits of flags; length words of 32 bits */
};

/* NULL: no such block. */
const struct ph_block_info *ph_block_info(uint32_t code);

struct ph_trace_machine {
	uint32_t ncpus;
	uint64_t memory_bytes, max_pid;
	uint64_t boot_ns; /* epoch; 0: unknown */
	uint64_t flags;
	char hostname[128]; /* NUL-terminated */
};

struct ph_trace_interface {
	uint8_t family; /* AF_INET, AF_INET6 */
	uint8_t addr[16], mask[16], broadcast[16]; /* network order; IPv4 in the first 4 bytes */
	uint64_t link_speed; /* bits a second; 0: unknown */
	char name[64];
};

/* What the head of a section says beside its processes and users. The interfaces belong to who has the struct. */
struct ph_trace_host {
	struct ph_trace_machine machine;
	struct ph_trace_interface *interfaces;
	uint32_t ninterfaces;
};

/* This machine, as a live capture's head tells of it. 0, or -ENOMEM. ph_trace_host_fini() frees what it holds. */
int ph_trace_host_live(struct ph_trace_host *h);
void ph_trace_host_fini(struct ph_trace_host *h);
int ph_trace_host_add_interface(struct ph_trace_host *h, const struct ph_trace_interface *i); /* a copy; -ENOMEM */

#endif
