# fish completion for porthole: options, then fields and the names of events. The words are those that the program lists.

# The value that the option in front of the cursor takes, as porthole -h calls it.
function __porthole_value
	set -l before (commandline -opc)
	set -l last $before[-1]
	string match -q -- '-*' "$last"; or return
	porthole --complete options | while read -l -d \t word value text
		if test "$word" = "$last"
			echo $value
			return
		end
	end
end

function __porthole_words
	set -l now (commandline -ct)
	switch (__porthole_value)
		case WHEN
			printf '%s\n' auto always never
		case 'h|a|r|d|D'
			printf '%s\n' h a r d D
		case FORMAT
			set -l front (string replace -r '[^%]*$' '' -- $now)
			porthole --complete fields | string replace -r '^' -- "$front"
		case FILE DIR PATH
			__fish_complete_path $now
		case ''
			if string match -q -- '-*' "$now"
				porthole --complete options | string replace -r '\t[^\t]*\t' '\t'
			else if string match -qr '^(evt|syscall)\.type=' -- "$now"
				porthole --complete events | string replace -r '^' -- (string replace -r '=.*' '=' -- $now)
			else
				porthole --complete fields
			end
	end
end

complete -c porthole -f -a '(__porthole_words)'
