# SPDX-License-Identifier: MIT
# Boots of Debian's kernels. They need what fetch.sh gets, and say so without it.
guest_boots = \
    %D%/boot_686.py \
    %D%/boot_686_pae.py \
    %D%/boot_amd64.py \
    %D%/boot_cloud_amd64.py \
    %D%/determinism.py \
    %D%/durability.py \
    %D%/short_rungs.py \
    %D%/smp_686_pae.py \
    %D%/smp_amd64.py
EXTRA_DIST += $(guest_boots) \
    %D%/fetch.sh \
    %D%/guest.py \
    %D%/images.sh \
    %D%/init \
    %D%/ladder.py \
    %D%/pc.py \
    %D%/portable.py \
    %D%/rungs.py \
    %D%/verify.py \
    %D%/wall_time.py
if CROSS
if CAN_RUN
TESTS += %D%/portable.py
endif
else
if !SANITIZERS
TESTS += $(guest_boots)
endif
endif

# The same as in check, longer: 50 kills; five minutes beside the host's clock.
check_py = $(AM_TESTS_ENVIRONMENT) $(PYTHON3)
check-data: ersatz
	RUNS=50 $(check_py) $(srcdir)/%D%/durability.py
check-time: ersatz
	$(check_py) $(srcdir)/%D%/wall_time.py
# Boots with both engines in lockstep: ten minutes or more. KERNELS='686-pae amd64' for others.
check-verify: ersatz
	$(check_py) $(srcdir)/%D%/verify.py
# The boot ladder: RUNGS='3 10-13', all without; images.sh makes the images, or GUESTS_LADDER names
# a folder that has them.
check-guests: ersatz
	$(check_py) $(srcdir)/%D%/ladder.py $(RUNGS)
.PHONY: check-data check-guests check-time check-verify
