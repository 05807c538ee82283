#!/bin/sh
# Stands for the programs inside a simulated pod: `kubectl exec` ends here and nowhere else. It
# knows a few commands by name and only ever reads the words of a command line: nothing of it is
# expanded, evaluated or run on this machine.
# Arguments: the pod's namespace, its name, the container, and then the command.
set -f
namespace=$1
pod=$2
container=$3
shift 3

run() {
	name=${1##*/}
	case $name in
	'' | true | :) return 0 ;;
	false) return 1 ;;
	exit) exit "$(number "${2:-0}")" ;;
	echo)
		shift
		printf '%s\n' "$*"
		;;
	hostname) printf '%s\n' "$pod" ;;
	whoami) printf 'app\n' ;;
	id) printf 'uid=1000(app) gid=1000(app)\n' ;;
	pwd) printf '/\n' ;;
	date) date -u ;;
	env | printenv)
		printf 'HOSTNAME=%s\nPOD_NAMESPACE=%s\nCONTAINER=%s\n' "$pod" "$namespace" "$container"
		;;
	ls) printf 'bin\netc\nhome\ntmp\n' ;;
	cat) copy "$@" ;;
	sleep) sleep "$(number "${2:-1}")" ;;
	sh | bash | ash)
		if [ "$2" = -c ]; then
			lines "$3"
		else
			talk
		fi
		;;
	*)
		printf 'sh: %s: not found (this pod is simulated and knows few commands)\n' "$1" >&2
		return 127
		;;
	esac
}

copy() {
	case ${2:--} in
	-) cat ;;
	/etc/hostname) printf '%s\n' "$pod" ;;
	*)
		printf 'cat: %s: No such file or directory\n' "$2" >&2
		return 1
		;;
	esac
}

number() {
	case $1 in
	'' | *[!0-9]*) printf '1' ;;
	*) printf '%s' "$1" ;;
	esac
}

# Runs the commands of a line one after another; quotes are dropped, since words need none here.
lines() {
	text=$(printf '%s' "$1" | tr -d "\"'" | tr ';' '\n')
	result=0
	while [ -n "$text" ]; do
		first=${text%%
*}
		case $text in *'
'*) text=${text#*
} ;; *) text='' ;; esac
		# Splitting into words is wanted.
		# shellcheck disable=SC2086
		run $first
		result=$?
	done
	return $result
}

talk() {
	result=0
	[ -t 0 ] && printf '/ $ '
	while IFS= read -r line; do
		lines "$line"
		result=$?
		[ -t 0 ] && printf '/ $ '
	done
	return $result
}

run "$@"
