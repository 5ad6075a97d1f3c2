/* SPDX-License-Identifier: Apache-2.0 */
/* What calls are about that have no event of their own, for evt.category. Those that are not here are "other". */
#include "collector/field/field.h"

/* clang-format off */
static const uint8_t categories[PH_SC_COUNT] = {
#define C(call) [PH_SC_##call] = PH_C_IO_READ
	C(read), C(readv), C(preadv),
#undef C
#define C(call) [PH_SC_##call] = PH_C_IO_WRITE
	C(write), C(writev), C(pwritev),
#undef C
#define C(call) [PH_SC_##call] = PH_C_FILE
	C(open), C(close), C(stat), C(fstat), C(lstat), C(lseek), C(mmap), C(munmap), C(pread64), C(pwrite64),
	C(access), C(mremap), C(sendfile), C(flock), C(truncate), C(ftruncate), C(getdents), C(getcwd), C(chdir),
	C(fchdir), C(rename), C(mkdir), C(rmdir), C(creat), C(link), C(unlink), C(symlink), C(readlink), C(chmod),
	C(fchmod), C(chown), C(fchown), C(lchown), C(mknod), C(ustat), C(statfs), C(fstatfs), C(mount), C(umount2),
	C(setxattr), C(lsetxattr), C(fsetxattr), C(getxattr), C(lgetxattr), C(fgetxattr), C(listxattr), C(llistxattr),
	C(flistxattr), C(removexattr), C(lremovexattr), C(fremovexattr), C(remap_file_pages), C(utimes), C(openat),
	C(mkdirat), C(mknodat), C(fchownat), C(futimesat), C(unlinkat), C(renameat), C(linkat), C(symlinkat),
	C(readlinkat), C(fchmodat), C(faccessat), C(utimensat), C(syncfs), C(renameat2), C(userfaultfd),
	C(copy_file_range), C(openat2), C(umount), C(_llseek), C(mmap2), C(stat64), C(lstat64), C(fstat64), C(fcntl64),
	C(sendfile64), C(statfs64), C(fstatfs64), C(fstatat64),
#undef C
#define C(call) [PH_SC_##call] = PH_C_WAIT
	C(poll), C(select), C(pause), C(wait4), C(fcntl), C(epoll_create), C(epoll_wait), C(epoll_ctl), C(waitid),
	C(pselect6), C(ppoll), C(epoll_pwait), C(epoll_create1), C(waitpid), C(_newselect),
#undef C
#define C(call) [PH_SC_##call] = PH_C_MEMORY
	C(mprotect), C(brk), C(mincore), C(madvise), C(mlock), C(munlock), C(mlockall), C(munlockall),
#undef C
#define C(call) [PH_SC_##call] = PH_C_SIGNAL
	C(rt_sigaction), C(rt_sigprocmask), C(rt_sigreturn), C(rt_sigpending), C(rt_sigtimedwait), C(rt_sigqueueinfo),
	C(rt_sigsuspend), C(tkill), C(tgkill), C(signalfd), C(signalfd4), C(signal), C(sgetmask), C(ssetmask),
	C(sigpending), C(sigreturn), C(sigprocmask),
#undef C
#define C(call) [PH_SC_##call] = PH_C_IO_OTHER
	C(ioctl), C(msync), C(dup), C(dup2), C(fork), C(vfork), C(fsync), C(fdatasync), C(getuid), C(getgid),
	C(setuid), C(setgid), C(geteuid), C(setresuid), C(getresuid), C(setresgid), C(getresgid), C(sigaltstack),
	C(sync), C(io_setup), C(io_destroy), C(io_getevents), C(io_submit), C(io_cancel), C(fadvise64), C(exit_group),
	C(newfstatat), C(fallocate), C(dup3), C(process_vm_readv), C(process_vm_writev), C(getrandom), C(getuid32),
	C(getgid32), C(geteuid32), C(setresuid32), C(setresgid32), C(setuid32), C(setgid32),
#undef C
#define C(call) [PH_SC_##call] = PH_C_IPC
	C(pipe), C(shmget), C(shmat), C(shmctl), C(kill), C(semget), C(semop), C(semctl), C(shmdt), C(msgget),
	C(msgsnd), C(msgrcv), C(msgctl), C(chroot), C(futex), C(getdents64), C(mq_open), C(mq_unlink), C(mq_timedsend),
	C(mq_timedreceive), C(mq_notify), C(mq_getsetattr), C(inotify_init), C(inotify_add_watch), C(inotify_rm_watch),
	C(splice), C(tee), C(vmsplice), C(eventfd), C(eventfd2), C(pipe2), C(inotify_init1), C(fanotify_init), C(ipc),
#undef C
#define C(call) [PH_SC_##call] = PH_C_SLEEP
	C(sched_yield), C(nanosleep), C(clock_nanosleep),
#undef C
#define C(call) [PH_SC_##call] = PH_C_TIME
	C(getitimer), C(alarm), C(setitimer), C(gettimeofday), C(times), C(utime), C(settimeofday), C(time),
	C(timer_create), C(timer_settime), C(timer_gettime), C(timer_getoverrun), C(timer_delete), C(clock_settime),
	C(clock_gettime), C(clock_getres), C(timerfd_create), C(timerfd_settime), C(timerfd_gettime), C(stime),
#undef C
#define C(call) [PH_SC_##call] = PH_C_PROCESS
	C(getpid), C(clone), C(exit), C(umask), C(getrlimit), C(getrusage), C(setpgid), C(getppid), C(getpgrp),
	C(setsid), C(getpgid), C(getsid), C(capget), C(capset), C(uselib), C(personality), C(getpriority),
	C(setpriority), C(sched_setparam), C(sched_getparam), C(sched_setscheduler), C(sched_getscheduler),
	C(sched_get_priority_max), C(sched_get_priority_min), C(sched_rr_get_interval), C(pivot_root), C(prctl),
	C(arch_prctl), C(setrlimit), C(acct), C(swapon), C(gettid), C(sched_setaffinity), C(sched_getaffinity),
	C(set_thread_area), C(get_thread_area), C(set_tid_address), C(ioprio_set), C(ioprio_get), C(unshare),
	C(set_robust_list), C(get_robust_list), C(prlimit64), C(setns), C(getcpu), C(clone3), C(nice), C(ugetrlimit),
#undef C
#define C(call) [PH_SC_##call] = PH_C_NET
	C(socket), C(connect), C(accept), C(sendto), C(recvfrom), C(sendmsg), C(recvmsg), C(shutdown), C(bind),
	C(listen), C(getsockname), C(getpeername), C(socketpair), C(setsockopt), C(getsockopt), C(accept4),
	C(recvmmsg), C(sendmmsg), C(socketcall),
#undef C
#define C(call) [PH_SC_##call] = PH_C_SYSTEM
	C(execve), C(uname), C(sysinfo), C(syslog), C(sysfs), C(adjtimex), C(swapoff), C(reboot), C(sethostname),
	C(setdomainname), C(init_module), C(delete_module), C(quotactl), C(restart_syscall), C(kexec_load), C(add_key),
	C(request_key), C(keyctl), C(finit_module), C(execveat), C(olduname),
#undef C
#define C(call) [PH_SC_##call] = PH_C_USER
	C(getegid), C(setreuid), C(setregid), C(getgroups), C(setgroups), C(setfsuid), C(setfsgid),
#undef C
};
/* clang-format on */

unsigned ph_syscall_category(const struct ph_syscall_info *s)
{
	uint8_t category = s ? categories[s - ph_syscall_row(0)] : 0;

	return category ? category : PH_C_OTHER;
}
