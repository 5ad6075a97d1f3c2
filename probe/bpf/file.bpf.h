/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files, memory and credentials of the current task, read from the kernel's own structures. */
#ifndef PORTHOLE_FILE_BPF_H
#define PORTHOLE_FILE_BPF_H

#include "maps.bpf.h"

#define OVERLAYFS_SUPER_MAGIC 0x794c7630
#define FMODE_CREATED 0x100000

/* What flags.def calls O_F_CREATED, FD_UPPER_LAYER and FD_LOWER_LAYER. */
#define OPENED_CREATED 0x4000u
#define OPENED_UPPER 0x8000u
#define OPENED_LOWER 0x10000u

static __always_inline struct file *file_of(s32 fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *fdt = BPF_CORE_READ(task, files, fdt);
	struct file **fds, *file = 0;

	if (fd < 0 || !fdt || (u32)fd >= BPF_CORE_READ(fdt, max_fds))
		return 0;
	fds = BPF_CORE_READ(fdt, fd);
	bpf_probe_read_kernel(&file, sizeof file, &fds[fd]);
	return file;
}

/* Is a descriptor of the task closed by an exec? */
static __always_inline bool fd_cloexec(struct task_struct *task, u32 fd)
{
	struct fdtable *fdt = BPF_CORE_READ(task, files, fdt);
	unsigned long *bits;
	u64 word = 0;

	if (!fdt || fd >= BPF_CORE_READ(fdt, max_fds))
		return false;
	bits = BPF_CORE_READ(fdt, close_on_exec);
	bpf_probe_read_kernel(&word, sizeof word, &bits[fd / 64]);
	return (word >> (fd & 63)) & 1;
}

static __always_inline u64 file_ino(struct file *file)
{
	return file ? BPF_CORE_READ(file, f_inode, i_ino) : 0;
}

static __always_inline u32 file_dev(struct file *file)
{
	return file ? BPF_CORE_READ(file, f_inode, i_sb, s_dev) : 0;
}

/*
 * Which layer of an overlay a file is in, as OPENED_UPPER or OPENED_LOWER; 0 when it is in none. Overlayfs keeps its inode
 * around the generic one: struct ovl_inode has the upper dentry right behind it in all releases (fs/overlayfs/ovl_entry.h).
 */
static __always_inline u32 overlay_layer(struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_path.dentry, d_inode);
	struct dentry *upper = 0;

	if (!inode || BPF_CORE_READ(inode, i_sb, s_magic) != OVERLAYFS_SUPER_MAGIC)
		return 0;
	bpf_probe_read_kernel(&upper, sizeof upper, (char *)inode + bpf_core_type_size(struct inode));
	return upper ? OPENED_UPPER : OPENED_LOWER;
}

__noinline u32 opened_flags(s64 fd)
{
	struct file *file;

	if (fd < 0)
		return 0;
	file = file_of((s32)fd);
	if (!file)
		return 0;
	return (BPF_CORE_READ(file, f_mode) & FMODE_CREATED ? OPENED_CREATED : 0) | overlay_layer(file);
}

/* Sizes of an address space in KiB: 0 all, 1 resident, 2 swapped. Counters of 6.2 and newer are per CPU and a little late. */
static __always_inline u32 mm_kb(struct mm_struct *mm, u32 what)
{
	s64 pages;

	if (!mm)
		return 0;
	if (what == 0) {
		pages = (s64)BPF_CORE_READ(mm, total_vm);
	} else if (bpf_core_type_exists(struct mm_rss_stat___5)) {
		struct mm_struct___5 *old = (void *)mm;

		/* MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES */
		pages = what == 2 ? BPF_CORE_READ(old, rss_stat.count[2].counter) :
				    BPF_CORE_READ(old, rss_stat.count[0].counter) +
					    BPF_CORE_READ(old, rss_stat.count[1].counter) +
					    BPF_CORE_READ(old, rss_stat.count[3].counter);
	} else {
		pages = what == 2 ? BPF_CORE_READ(mm, rss_stat[2].count) :
				    BPF_CORE_READ(mm, rss_stat[0].count) + BPF_CORE_READ(mm, rss_stat[1].count) +
					    BPF_CORE_READ(mm, rss_stat[3].count);
	}
	return pages > 0 ? (u32)pages * config.page_kb : 0;
}

/* Capability sets of a task: 0 inheritable, 1 permitted, 2 effective. */
static __always_inline u64 caps_of(struct task_struct *task, u32 which)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);
	u64 caps = 0; /* read as bytes: the member of kernel_cap_t has another name before 6.3 */

	if (which == 0)
		bpf_core_read(&caps, sizeof(caps), &cred->cap_inheritable);
	else if (which == 1)
		bpf_core_read(&caps, sizeof(caps), &cred->cap_permitted);
	else
		bpf_core_read(&caps, sizeof(caps), &cred->cap_effective);
	return caps;
}

__noinline u64 task_caps(u32 which)
{
	return caps_of((void *)bpf_get_current_task(), which);
}

#endif
